import { geometryOf } from "../geometry.ts";
import type { Model } from "../model.ts";
import { type Line, type Span, span } from "../spans.ts";
import { fieldSpans } from "./field.ts";

type Hint = readonly [key: string, word: string];

const LIST: readonly Hint[] = [
  ["Enter", "attach"],
  ["Space", "peek"],
  ["!", "next need"],
  ["n", "new"],
  ["?", "help"],
  ["/", "filter"],
  ["r", "resume"],
  ["s", "shell"],
  ["l", "log"],
  ["e", "egress"],
  ["D", "diff"],
  ["x", "stop"],
  ["q", "quit"],
];
const CARD: readonly Hint[] = [
  ["Tab", "back"],
  ["Space", "all of it"],
  ["[ ]", "others"],
  ["!", "next"],
  ["?", "help"],
];
const PAGE: readonly Hint[] = [
  ["q", "back"],
  ["j k", "move"],
  ["/", "filter"],
  ["f", "follow"],
  ["r", "again"],
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
  return [saidLine(model), hintLine(hintsOf(model), model.columns)];
}

function saidLine({ prompt, said, busy, filter, columns, focus, rows }: Model): Line {
  if (prompt !== null) {
    const label = span(` ${prompt.label}${prompt.label.length > 1 ? " " : ""}`, "key");
    return [label, ...fieldSpans(prompt.text, prompt.cursor, columns - prompt.label.length - 3)];
  }
  if (said !== null) return [span(` ${said.text}`, said.bad ? "bad" : "plain")];
  if (busy > 0) return [span(" ...", "dim")];
  if (filter !== "") return [span(` /${filter}`, "key"), span("  Esc shows all", "dim")];
  if (focus === "card" && geometryOf({ columns, rows, focus }).layout === "list")
    return [span(" Tab: the list", "dim")];
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
function hintLine(hints: readonly Hint[], columns: number): Line {
  const out: Span[] = [];
  let used = 0;
  for (const [key, word] of hints) {
    const size = key.length + word.length + 3;
    if (used + size > columns) break;
    out.push(span(` ${key}`, "key"), span(` ${word} `, "dim"));
    used += size;
  }
  return out;
}
