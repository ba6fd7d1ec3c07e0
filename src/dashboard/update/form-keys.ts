import { keyOf } from "../../core/model/dashboard-keys.ts";
import { startWords } from "../commands.ts";
import { type Step, say } from "../events.ts";
import { FIELDS, type Field, type Form, type Kept, type Model } from "../model.ts";
import { inserted, typed } from "../text-field.ts";
import { acts, runs } from "./acting.ts";

const EMPTY: Form["values"] = { agent: "", bottle: "", path: "", prompt: "", backend: "" };
/** Fields with a list to choose from. */
const PICKED: readonly Field[] = ["agent", "bottle"];

/** Opens the form; `again`: as at the last start, and only the prompt is typed. */
export function openForm(model: Model, again: boolean): Step {
  return acts(model, () => {
    const { launch } = model.kept;
    if (again && launch === null)
      return [say(model, `nothing was started from here yet: ${keyOf(model.keys, "new")} is the form`), []];
    const values = launch === null ? EMPTY : { ...launch, prompt: "" };
    const field = again ? "prompt" : "agent";
    const form: Form = { values, field, cursor: values[field].length, agents: [], bottles: [], problem: "" };
    return [{ ...model, form }, [{ do: "choices" }]];
  });
}

/** The form with what can be chosen; the first agent where none was named. */
export function withChoices(model: Model, agents: readonly string[], bottles: readonly string[]): Model {
  const { form } = model;
  if (form === null) return model;
  const values = { ...form.values };
  if (values.agent === "") values.agent = agents[0] ?? "";
  const cursor = form.field === "agent" && form.values.agent === "" ? values.agent.length : form.cursor;
  return { ...model, form: { ...form, agents, bottles, values, cursor } };
}

/** What is pasted goes into the field; only a prompt has several lines. */
export function formPaste(model: Model, text: string): Model {
  const { form } = model;
  if (form === null) return model;
  const clean = form.field === "prompt" ? text.replace(/\r\n?/g, "\n") : (text.split(/[\r\n]/)[0] ?? "");
  return { ...model, form: withText(form, inserted(fieldOf(form), clean)) };
}

/** A key while the form is open. */
export function formKey(model: Model, form: Form, key: string): Step {
  const at = FIELDS.indexOf(form.field);
  const go = (to: number): Step => {
    const field = FIELDS[(to + FIELDS.length) % FIELDS.length] ?? "agent";
    return [{ ...model, form: { ...form, field, cursor: form.values[field].length, problem: "" } }, []];
  };
  switch (key) {
    case "esc":
    case "ctrl-c":
      return [{ ...model, form: null }, []];
    case "ctrl-s":
      return submit(model, form);
    case "enter":
      return at === FIELDS.length - 1 ? submit(model, form) : go(at + 1);
    case "tab":
    case "down":
      return go(at + 1);
    case "shift-tab":
    case "up":
      return go(at - 1);
    case "left":
    case "right":
      if (PICKED.includes(form.field)) return [{ ...model, form: picked(form, key === "right" ? 1 : -1) }, []];
  }
  const next = typed(fieldOf(form), key);
  return [next === null ? model : { ...model, form: withText(form, next) }, []];
}

function fieldOf(form: Form): { readonly text: string; readonly cursor: number } {
  return { text: form.values[form.field], cursor: form.cursor };
}

function withText(form: Form, { text, cursor }: { readonly text: string; readonly cursor: number }): Form {
  return { ...form, values: { ...form.values, [form.field]: text }, cursor, problem: "" };
}

/** The next choice of the list. */
function picked(form: Form, by: number): Form {
  const all = form.field === "agent" ? form.agents : ["", ...form.bottles];
  if (all.length === 0) return form;
  const at = all.indexOf(form.values[form.field]);
  const text = all[(at + by + all.length) % all.length] ?? "";
  return withText(form, { text, cursor: text.length });
}

function submit(model: Model, form: Form): Step {
  const { values } = form;
  if (values.agent.trim() === "" || values.agent.startsWith("-")) {
    const problem = "which agent? left and right choose one";
    return [{ ...model, form: { ...form, field: "agent", cursor: values.agent.length, problem } }, []];
  }
  const kept: Kept = { ...model.kept, launch: values };
  const [next, effects] = runs({ ...model, form: null, kept }, startWords(values), `${values.agent} runs`);
  return [say(next, `${values.agent} is being started`), [{ do: "save", kept }, ...effects]];
}
