import { keyOf } from "../../core/model/dashboard-keys.ts";
import { age, dollars } from "../ages.ts";
import { width } from "../columns.ts";
import { VIEW_NAMES } from "../list-views.ts";
import type { BottleView, Group, Mark, Model, Row } from "../model.ts";
import { bottleOf, listLines, markOf, openItems } from "../rows.ts";
import { type Line, span, spread, type Tone } from "../spans.ts";
import { tagsOf } from "../tags.ts";

const HEADS: Readonly<Record<Group | "new", string>> = {
  needs: "Needs you",
  working: "Working",
  unknown: "Running, state not known",
  done: "Done, not seen",
  quiet: "Quiet",
  new: "New",
};

const TONES: Readonly<Record<Mark, Tone>> = {
  "!": "need",
  "?": "need",
  "*": "work",
  "#": "done",
  o: "dim",
  x: "bad",
  "~": "dim",
};

/** The list of bottles, from the line that is scrolled to. */
export function listView(model: Model, columns: number, rows: number): readonly Line[] {
  if (rows === 0) return [];
  if (model.list === null) return [[span(" looking ...", "dim")]];
  if (model.list.length === 0) return emptyLines(model);
  const lines = listLines(model.list);
  return lines
    .slice(model.top, model.top + rows)
    .map((line) =>
      line.kind === "head" ? headLine(HEADS[line.group], line.count, columns) : rowLine(model, line.row, columns),
    );
}

function emptyLines({ filter, snapshot, keys, view }: Model): readonly Line[] {
  const { length } = snapshot.bottles;
  if (view !== "all" && filter === "" && length > 0)
    return [[span(` no bottle here: ${VIEW_NAMES[view]}; Esc shows all ${length}`, "dim")]];
  if (filter !== "") return [[span(` no bottle fits /${filter}; Esc shows all ${length}`, "dim")]];
  return [[], [span(" No bottles yet. Press "), span(keyOf(keys, "new"), "key"), span(" to start one.")]];
}

/** `-- Needs you (2) -----` */
export function headLine(title: string, count: number | null, columns: number): Line {
  const text = count === null ? `- ${title} ` : `- ${title} (${count}) `;
  const head = span(text, "dim");
  return [head, span("-".repeat(Math.max(0, columns - width(head.text) - 1)), "dim"), span(" ")];
}

function rowLine(model: Model, row: Row, columns: number): Line {
  const here = row.name === model.cursor;
  // What is new flashes until the order settles; the pointer tells the cursor from it.
  const inverse = row.fresh || (here && model.focus === "list");
  const pointer = here ? ">" : " ";
  const bottle = bottleOf(model, row.name);
  if (bottle === null) return [span(`${pointer}  ${row.name}  gone`, "dim", inverse)];
  const mark = markOf(model, bottle);
  const tone = TONES[mark];
  const [name, agent] = nameColumns(columns);
  const quiet = model.kept.muted.includes(row.name) ? "m" : " ";
  const tags = tagsOf(model.kept, row.name);
  const left: Line = [
    span(`${pointer}${mark}${quiet}`, row.fresh ? "key" : tone, inverse),
    span(padded(row.name, name), mark === "!" || mark === "?" ? "bold" : "plain", inverse),
    ...(agent === 0 ? [] : [span(padded(bottle.agent, agent), "dim", inverse)]),
    ...(tags.length === 0 ? [] : [span(`#${tags.join(" #")} `, "key", inverse)]),
    span(whatOf(model, bottle), tone === "dim" ? "dim" : "plain", inverse),
  ];
  const cost = bottle.costMicros === null || columns < 70 ? "" : ` ${dollars(bottle.costMicros)}`;
  const items = openItems(model, bottle);
  const since = items[0]?.createdAt ?? bottle.since;
  return spread(left, [span(`${cost} ${age(model.now - since).padStart(4)} `, "dim", inverse)], columns);
}

/** Widths of name and agent; a narrow list has no agent. */
function nameColumns(columns: number): readonly [number, number] {
  if (columns < 50) return [Math.min(16, Math.floor(columns / 3)), 0];
  return [Math.min(22, Math.floor(columns / 4)), 9];
}

function padded(text: string, columns: number): string {
  const { text: safe } = span(text);
  const size = width(safe);
  if (size < columns) return safe + " ".repeat(columns - size);
  let out = "";
  for (const character of safe) {
    if (width(out + character) > columns - 2) break;
    out += character;
  }
  return `${out}…${" ".repeat(Math.max(1, columns - 1 - width(out)))}`;
}

/** What it is about, and not only that it is. */
function whatOf(model: Model, bottle: BottleView): string {
  const removal = model.removals.find(({ name }) => name === bottle.name);
  if (removal !== undefined) {
    const left = Math.max(0, Math.ceil((removal.at - model.now) / 5000) * 5);
    return `is removed in ${left}s: ${keyOf(model.keys, "undo")} undoes it`;
  }
  const items = openItems(model, bottle);
  const [first] = items;
  if (first === undefined) return bottle.what;
  return items.length === 1 ? first.title : `${first.title} (+${items.length - 1})`;
}
