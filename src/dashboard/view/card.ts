import { type KeyAction, keyOf } from "../../core/model/dashboard-keys.ts";
import { age, clock } from "../ages.ts";
import { wrapped } from "../columns.ts";
import { geometryOf } from "../geometry.ts";
import { isQuestion } from "../items.ts";
import type { GrantView, ItemView, Model } from "../model.ts";
import { bottleOf, cardItem, openItems } from "../rows.ts";
import { type Line, type Span, span, type Tone } from "../spans.ts";
import { headLine } from "./list.ts";

const LABEL_COLUMNS = 8;

/** The card of what waits, else what the agent printed last. */
export function cardLines(model: Model, columns: number, rows: number): readonly Line[] {
  const bottle = bottleOf(model, model.cursor);
  if (bottle === null) return [headLine("", null, columns)];
  const item = cardItem(model);
  if (item !== null) {
    const keys = answerKeys(model, item);
    const all = itemLines(model, item, columns);
    // The keys stay on the screen however much an agent has to say.
    const room = Math.max(1, rows - 2);
    const shown =
      all.length > room
        ? [
            ...all.slice(0, room - 1),
            [span(` (${all.length - room + 1} more lines: ${keyOf(model.keys, "more")} on the card shows all)`, "dim")],
          ]
        : all;
    const items = openItems(model, bottle);
    const place = items.length < 2 ? "" : ` ${items.findIndex(({ id }) => id === item.id) + 1}/${items.length}`;
    return [
      headLine(`${model.focus === "card" ? "> " : ""}${item.kind} ${item.id}${place}, ${bottle.name}`, null, columns),
      ...shown,
      model.focus === "card"
        ? keys
        : [span(` ${keyOf(model.keys, "next-need")} or ${keyOf(model.keys, "panel")} answers`, "dim")],
    ];
  }
  if (model.focus === "card")
    return [headLine(bottle.name, null, columns), [span(" It does not wait any more. Any key goes back.", "dim")]];
  const allowed = bottle.grants.flatMap((grant) => grantLines(grant, model.now, columns));
  const peek = model.peek?.bottle === bottle.name ? model.peek.lines : [];
  const facts: Line[] = [
    headLine(bottle.name, null, columns),
    [span(` ${bottle.what}`)],
    [span(` ${bottle.source}, for ${age(model.now - bottle.since)}; in ${bottle.workspace}`, "dim")],
    ...allowed,
    [],
  ];
  const lines = peek.flatMap((line) => wrapped(span(line).text, columns - 2));
  const last = lines.slice(-Math.max(0, rows - facts.length));
  return [...facts, ...last.map((line): Line => [span(` ${line}`, "dim")])];
}

/** Of one part: an agent that has much to say does not push what is risky off the card. */
const PART_LINES = 4;

/** True when the card has room for what a yes is for: what is wanted, its flags and its rule, or the whole question. */
export function isWhole(model: Model): boolean {
  const item = cardItem(model);
  if (item === null) return true;
  const { cardColumns, cardRows } = geometryOf(model);
  const texts = [
    [item.title],
    item.flags.map(({ text }) => text),
    item.adds,
    isQuestion(item) ? [item.words ?? ""] : [],
  ];
  const counts = texts.map((part) => part.flatMap((text) => wrapped(span(text).text, cardColumns - LABEL_COLUMNS - 2)));
  if (counts.some(({ length }) => length > PART_LINES)) return false;
  const all = itemLines(model, item, cardColumns).length;
  const room = Math.max(1, cardRows - 2);
  // The agent's words come last.
  if (isQuestion(item)) return all <= room;
  return counts.flat().length <= (all > room ? room - 1 : room);
}

function itemLines(model: Model, item: ItemView, columns: number): readonly Line[] {
  const part = (
    label: string,
    texts: readonly string[],
    tone: (text: string) => Tone = () => "plain",
  ): readonly Line[] => {
    const lines = texts.flatMap((text) =>
      wrapped(span(text).text, columns - LABEL_COLUMNS - 2).map((line): Line => [span(line, tone(text))]),
    );
    const more: Line = [span(`(${lines.length - PART_LINES + 1} more lines: ${keyOf(model.keys, "more")})`, "dim")];
    const shown = lines.length > PART_LINES ? [...lines.slice(0, PART_LINES - 1), more] : lines;
    return shown.map((line, at) => [span(` ${(at === 0 ? label : "").padEnd(LABEL_COLUMNS)}`, "dim"), ...line]);
  };
  const left = item.expiresAt === null ? null : Math.max(0, item.expiresAt - model.now);
  const asked = item.count > 1 ? [`asked ${item.count} times`] : [];
  const wait = left === null ? [] : [`${age(left)} more`];
  return [
    ...part("wants", [item.title], () => "bold"),
    ...part(
      "flags",
      item.flags.map(({ text }) => text),
      () => "bad",
    ),
    ...part("rule", item.adds, (line) => (line.startsWith("-") ? "remove" : "add")),
    ...part("waits", [...wait, ...asked]),
    ...part("seen", item.seen),
    ...part("agent", item.words === null ? [] : [`"${item.words}"`]),
    ...part("", item.words === null ? [] : ["(its words, not checked)"], () => "dim"),
  ];
}

function answerKeys(model: Model, item: ItemView): Line {
  const { answers } = item;
  const keys: readonly (readonly [boolean, KeyAction, string])[] = [
    [answers.includes("once"), "allow", answers.includes("for") ? "once" : "yes"],
    [answers.includes("for"), answers.includes("once") ? "allow-longer" : "allow", "1 h"],
    [isQuestion(item), "reply", "reply"],
    [answers.includes("edit"), "edit", "edit"],
    [answers.includes("deny"), "deny", "deny"],
    [answers.length === 1 && answers[0] === "dismiss", "allow", "seen"],
    [true, "later", "later"],
  ];
  return keys
    .filter(([fits]) => fits)
    .flatMap(([, action, word]): Span[] => [span(` ${keyOf(model.keys, action)}`, "key"), span(` ${word} `)]);
}

/** What was allowed shows its effect here, or that there is none yet. */
const UNUSED_MS = 10 * 60_000;

function grantLines({ covers, expiresAt, uses, firstUse, createdAt }: GrantView, now: number, columns: number): Line[] {
  const left = expiresAt === null ? "while it runs" : `${age(Math.max(0, expiresAt - now))} left`;
  const lines = wrapped(span(`${covers}; ${left}`).text, columns - LABEL_COLUMNS - 2);
  const quiet = now - createdAt < UNUSED_MS ? "not used yet" : "not used in 10 min";
  const effect =
    firstUse === null ? quiet : `${statusText(firstUse.status)} at ${clock(firstUse.at)}${timesText(uses)}`;
  const shown = [...lines.map((line): Span => span(line)), span(effect, firstUse === null ? "dim" : "add")];
  return shown.map((part, at) => [span(` ${(at === 0 ? "allowed" : "").padEnd(LABEL_COLUMNS)}`, "dim"), part]);
}

function statusText(status: number | null): string {
  return status === null ? "broke off" : String(status);
}

function timesText(uses: number): string {
  return uses < 2 ? "" : `, ${uses} times since`;
}
