import { geometryOf } from "./geometry.ts";
import { type BottleView, GROUPS, type Group, type ItemView, type Mark, type Model, type Row } from "./model.ts";
import { tagsOf } from "./tags.ts";

/** One line of the list: a heading or a bottle. */
export type ListLine =
  | { readonly kind: "head"; readonly group: Group | "new"; readonly count: number }
  | { readonly kind: "row"; readonly row: Row };

const SETTLE_MS = 2000;

/** The bottle called `name`, or null. */
export function bottleOf({ snapshot }: Model, name: string | null): BottleView | null {
  return snapshot.bottles.find((bottle) => bottle.name === name) ?? null;
}

/** What of a bottle waits and was not put off; oldest first. */
export function openItems({ later }: Model, { items }: BottleView): readonly ItemView[] {
  return items.filter(({ id }) => !later.includes(id));
}

const QUESTIONS = ["review", "capability"];

/** The shape in front of a bottle. */
export function markOf(model: Model, bottle: BottleView): Mark {
  const items = openItems(model, bottle);
  const asking = items.filter(({ answers }) => answers.some((answer) => answer !== "dismiss"));
  if (asking.some(({ kind }) => !QUESTIONS.includes(kind))) return "!";
  if (asking.length > 0) return "?";
  if (items.length > 0) return bottle.running ? "!" : "x";
  // Seen: nothing is left to tell but that it is over.
  return bottle.mark === "#" && model.kept.seen.includes(bottle.run) ? "o" : bottle.mark;
}

/** The group of a bottle as it is now. */
export function groupOf(model: Model, bottle: BottleView): Group {
  if (openItems(model, bottle).length > 0 || bottle.mark === "!" || bottle.mark === "?") return "needs";
  if (bottle.mark === "*") return "working";
  if (bottle.mark === "~") return "unknown";
  if (bottle.mark === "o") return "quiet";
  return model.kept.seen.includes(bottle.run) ? "quiet" : "done";
}

/** Bottles in their order: by need, in each group the oldest first. */
function ordered(model: Model): readonly Row[] {
  const age = (bottle: BottleView) => openItems(model, bottle)[0]?.createdAt ?? bottle.since;
  return model.snapshot.bottles
    .filter((bottle) => fits(model, bottle) && inListView(model, bottle))
    .map((bottle) => ({ bottle, group: groupOf(model, bottle) }))
    .sort(
      (a, b) =>
        GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
        age(a.bottle) - age(b.bottle) ||
        (a.bottle.name < b.bottle.name ? -1 : 1),
    )
    .map(({ bottle: { name }, group }) => ({ name, group, fresh: false }));
}

/** What the view shows; one that is over and still waits for a word is in both. */
function inListView(model: Model, bottle: BottleView): boolean {
  switch (model.view) {
    case "all":
      return true;
    case "ended":
      return !bottle.running && (bottle.mark === "#" || bottle.mark === "x");
    case "needs":
    case "working":
      return groupOf(model, bottle) === model.view;
  }
}

const STATES: Readonly<Record<string, readonly Mark[]>> = {
  blocked: ["!", "?"],
  needs: ["!", "?"],
  working: ["*"],
  done: ["#"],
  failed: ["x"],
  idle: ["o"],
  quiet: ["o", "x"],
  unknown: ["~"],
};

/** Does the filter leave it in the list? Words all count; `s:` state, `a:` agent, `t:` tag, `host:` what its items name; `!` in front: not. */
function fits(model: Model, bottle: BottleView): boolean {
  const { filter } = model;
  const inverse = filter.startsWith("!");
  const words = (inverse ? filter.slice(1) : filter)
    .toLowerCase()
    .split(" ")
    .filter((word) => word !== "");
  if (words.length === 0) return true;
  return words.every((word) => fitsWord(model, bottle, word)) !== inverse;
}

function fitsWord(model: Model, bottle: BottleView, word: string): boolean {
  const [, prefix = "", rest = ""] = /^(s|a|t|host):(.*)$/.exec(word) ?? [];
  if (prefix === "s") {
    return Object.entries(STATES).some(
      ([name, marks]) => name.startsWith(rest) && marks.includes(markOf(model, bottle)),
    );
  }
  if (prefix === "a") return bottle.agent.toLowerCase().includes(rest);
  const tags = tagsOf(model.kept, bottle.name);
  if (prefix === "t") return tags.some((tag) => tag.toLowerCase().includes(rest));
  const texts = bottle.items.flatMap(({ title, adds }) => [title, ...adds]);
  const all = prefix === "host" ? texts : [bottle.name, bottle.agent, bottle.what, ...tags, ...texts];
  return all.some((text) => text.toLowerCase().includes(prefix === "host" ? rest : word));
}

/** The list as lines, each group under its heading. */
export function listLines(list: readonly Row[]): readonly ListLine[] {
  const lines: ListLine[] = [];
  let last: Group | "new" | null = null;
  for (const row of list) {
    const group = row.fresh ? "new" : row.group;
    if (group !== last) {
      const count = list.filter((other) => (other.fresh ? "new" : other.group) === group).length;
      lines.push({ kind: "head", group, count });
      last = group;
    }
    lines.push({ kind: "row", row });
  }
  return lines;
}

/** Which line of the list the cursor is on; -1: none. */
export function cursorLine({ list, cursor }: Pick<Model, "list" | "cursor">): number {
  return listLines(list ?? []).findIndex((line) => line.kind === "row" && line.row.name === cursor);
}

/** Puts the list into its order. The cursor stays on its bottle, and where there is room on its line of the screen. */
export function settled(model: Model): Model {
  const before = cursorLine(model) - model.top;
  const list = ordered(model);
  const cursor = list.some(({ name }) => name === model.cursor) ? model.cursor : neighbour(model, list);
  const next = { ...model, list, cursor, unsettledAt: null };
  const kept = before < 0 ? 0 : cursorLine(next) - before;
  return inView({ ...next, top: Math.max(0, kept) });
}

/** What stands nearest to where the cursor was. */
function neighbour({ list, cursor }: Model, now: readonly Row[]): string | null {
  const at = list?.findIndex(({ name }) => name === cursor) ?? -1;
  const names = now.map(({ name }) => name);
  const below = list?.slice(at + 1).find(({ name }) => at >= 0 && names.includes(name));
  const above = list?.slice(0, Math.max(0, at)).findLast(({ name }) => names.includes(name));
  return below?.name ?? above?.name ?? names[0] ?? null;
}

/** What was read is shown in the places that there are: what is new comes last, and what is gone leaves a gap, until the order settles. */
export function merged(model: Model, at: number): Model {
  const { list } = model;
  if (list === null || list.length === 0) return settled(model);
  const known = new Set(list.map(({ name }) => name));
  const now = ordered(model);
  const fresh = now.filter(({ name }) => !known.has(name)).map((row) => ({ ...row, fresh: true }));
  const next = [...list, ...fresh];
  const same =
    fresh.length === 0 &&
    next.length === now.length &&
    next.every((row, index) => row.name === now[index]?.name && row.group === now[index]?.group && !row.fresh);
  return { ...model, list: next, unsettledAt: same ? null : (model.unsettledAt ?? at) };
}

/** Is it time to put the list into its order? */
export function isDue({ unsettledAt, keyAt, now }: Model): boolean {
  return unsettledAt !== null && now - Math.max(unsettledAt, keyAt) >= SETTLE_MS;
}

/** Scrolls as little as shows the cursor, and its heading where that is the line above. */
export function inView(model: Model): Model {
  const { listRows } = geometryOf(model);
  const lines = listLines(model.list ?? []);
  const at = cursorLine(model);
  if (at < 0 || listRows === 0) return model;
  const wanted = lines[at - 1]?.kind === "head" ? at - 1 : at;
  const most = Math.max(0, lines.length - listRows);
  const low = Math.max(0, at - listRows + 1);
  const top = Math.min(Math.max(model.top, low), Math.max(low, Math.min(wanted, at)));
  return { ...model, top: Math.min(top, Math.max(most, low)) };
}

/** Scrolls by so many lines; the cursor comes along as far as keeps it in view. */
export function scrolled(model: Model, by: number): Model {
  const { listRows } = geometryOf(model);
  const lines = listLines(model.list ?? []);
  const top = Math.min(Math.max(0, lines.length - listRows), Math.max(0, model.top + by));
  const names = lines.slice(top, top + listRows).flatMap((line) => (line.kind === "row" ? [line.row.name] : []));
  if (top === model.top || names.length === 0 || names.includes(model.cursor ?? "")) return { ...model, top };
  const cursor = (by > 0 ? names[0] : names.at(-1)) ?? null;
  return { ...model, top, cursor, item: null };
}

/** Moves the cursor by so many bottles. */
export function moved(model: Model, by: number): Model {
  const names = (model.list ?? []).map(({ name }) => name);
  if (names.length === 0) return model;
  const at = Math.max(0, names.indexOf(model.cursor ?? ""));
  const next = Math.min(names.length - 1, Math.max(0, at + by));
  return inView({ ...model, cursor: names[next] ?? null, item: null });
}

/** The item that the card shows; null: the bottle has none that waits. */
export function cardItem(model: Model): ItemView | null {
  const bottle = bottleOf(model, model.cursor);
  if (bottle === null) return null;
  const items = openItems(model, bottle);
  const chosen = items.find(({ id }) => id === model.item);
  // One that was chosen and is gone is not replaced by another under the operator's hand.
  return model.item === null ? (items[0] ?? null) : (chosen ?? null);
}
