import { type KeyAction, keyOf } from "../../core/model/dashboard-keys.ts";
import { width } from "../columns.ts";
import { geometryOf } from "../geometry.ts";
import { VIEW_NAMES } from "../list-views.ts";
import type { Model } from "../model.ts";
import { type Line, type Span, span } from "../spans.ts";
import { fieldSpans } from "./field.ts";

/** What a key does, by its action, or by its name where it cannot be remapped. */
type Hint = readonly [actions: readonly KeyAction[] | string, word: string];

const LIST: readonly Hint[] = [
  [["attach"], "attach"],
  [["more"], "peek"],
  [["next-need"], "next need"],
  [["new"], "new"],
  [["help"], "help"],
  [["filter"], "filter"],
  [["resume"], "resume"],
  [["shell"], "shell"],
  [["log"], "log"],
  [["egress"], "egress"],
  [["diff"], "diff"],
  [["stop"], "stop"],
  [["quit"], "quit"],
];
const CARD: readonly Hint[] = [
  [["panel"], "back"],
  [["more"], "all of it"],
  [["previous-item", "next-item"], "others"],
  [["next-need"], "next"],
  [["help"], "help"],
];
const PAGE: readonly Hint[] = [
  [["back"], "back"],
  [["down", "up"], "move"],
  [["filter"], "filter"],
  [["follow"], "follow"],
  [["reload"], "again"],
];
const FORM: readonly Hint[] = [
  ["Enter", "next"],
  ["Ctrl-s", "start"],
  ["Esc", "back"],
];
const PROMPT: readonly Hint[] = [
  ["Enter", "yes"],
  ["Esc", "back"],
];

/** What is said or typed, and the keys of where one is. */
export function bottomLines(model: Model): readonly Line[] {
  return [saidLine(model), hintLine(model, hintsOf(model))];
}

function saidLine({ prompt, said, busy, filter, columns, focus, rows, keys, view, zoom }: Model): Line {
  if (prompt !== null) {
    const label = span(` ${prompt.label}${prompt.label.length > 1 ? " " : ""}`, "key");
    return [label, ...fieldSpans(prompt.text, prompt.cursor, columns - prompt.label.length - 3)];
  }
  if (said !== null) return [span(` ${said.text}`, said.bad ? "bad" : "plain")];
  if (busy > 0) return [span(" ...", "dim")];
  if (filter !== "" || view !== "all") {
    const words = [...(view === "all" ? [] : [VIEW_NAMES[view]]), ...(filter === "" ? [] : [`/${filter}`])];
    return [span(` ${words.join("  ")}`, "key"), span("  Esc shows all", "dim")];
  }
  if (focus === "card" && geometryOf({ columns, rows, focus, zoom }).layout === "list")
    return [span(` ${keyOf(keys, "panel")}: the list`, "dim")];
  return [];
}

function hintsOf({ prompt, form, page, focus }: Model): readonly Hint[] {
  if (prompt !== null)
    return prompt.ask === "stop"
      ? [
          ["y", "stop"],
          ["n", "not"],
        ]
      : PROMPT;
  if (form !== null) return FORM;
  if (page !== null) return PAGE;
  return focus === "card" ? CARD : LIST;
}

/** As many as there is room for. */
function hintLine({ keys, columns }: Model, hints: readonly Hint[]): Line {
  const out: Span[] = [];
  let used = 0;
  for (const [actions, word] of hints) {
    const key = typeof actions === "string" ? actions : actions.map((action) => keyOf(keys, action)).join(" ");
    // What has no key is no hint.
    if (key === "-") continue;
    const size = width(key) + word.length + 3;
    if (used + size > columns) break;
    out.push(span(` ${key}`, "key"), span(` ${word} `, "dim"));
    used += size;
  }
  return out;
}
