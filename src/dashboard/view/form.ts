import { FIELDS, type Field, type Form, type Model } from "../model.ts";
import { type Line, span } from "../spans.ts";
import { fieldSpans } from "./field.ts";
import { headLine } from "./list.ts";

const NOTES: Readonly<Record<Field, string>> = {
  agent: "left and right choose",
  bottle: "definition to run in; empty: the agent's own",
  path: "folder to work in; empty: this one",
  prompt: "empty: a terminal to attach to",
  backend: "empty: what fits this machine",
};
const LABEL_COLUMNS = 10;

/** The form of a new bottle. */
export function formLines({ columns }: Model, form: Form): readonly Line[] {
  const lines = FIELDS.flatMap((field): readonly Line[] => {
    const here = form.field === field;
    const label = span(`${here ? ">" : " "} ${field.padEnd(LABEL_COLUMNS)}`, here ? "key" : "dim");
    const note = here ? NOTES[field] : "";
    const room = columns - LABEL_COLUMNS - 3;
    const value = here
      ? fieldSpans(form.values[field], form.cursor, room)
      : [span(form.values[field].replaceAll("\n", " / "))];
    return [
      [label, ...value],
      [span(" ".repeat(LABEL_COLUMNS + 2)), span(note, "dim")],
    ];
  });
  const choices = form.field === "agent" ? form.agents : form.field === "bottle" ? form.bottles : [];
  return [
    headLine("New bottle", null, columns),
    [],
    ...lines,
    ...(choices.length === 0 ? [] : [[span(`  ${choices.join("  ")}`, "dim")]]),
    ...(form.problem === "" ? [] : [[span(`  ${form.problem}`, "bad")]]),
  ];
}
