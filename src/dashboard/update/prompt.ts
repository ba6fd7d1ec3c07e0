import type { Model, Prompt } from "../model.ts";

/** Lines that a key opened, and that Backspace closes when they are empty. */
export const LABELS: Readonly<Partial<Record<Prompt["ask"], string>>> = {
  filter: "/",
  "page-filter": "/",
  command: ":",
};

/** The model with a line to type. */
export function openPrompt(
  model: Model,
  ask: Prompt["ask"],
  { text = "", label = LABELS[ask] ?? "", bottle = null, item = null, answer = null }: Partial<Prompt> = {},
): Model {
  return { ...model, prompt: { ask, label, text, cursor: text.length, bottle, item, answer } };
}
