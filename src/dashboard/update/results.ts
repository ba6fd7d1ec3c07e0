import { type DashboardEvent, type Step, say } from "../events.ts";
import type { Model, Page } from "../model.ts";

type Ran = Extract<DashboardEvent, { readonly type: "ran" }>;

const DECISIONS = 50;

/** What a command said, when it has ended. */
export function afterRun(before: Model, { purpose, ok, text }: Ran): Step {
  const model = { ...before, busy: Math.max(0, before.busy - 1) };
  const [first = ""] = text.split("\n").filter((line) => line !== "");
  if (purpose.for === "words") {
    if (model.page?.kind !== "words" || model.page.title !== purpose.title) return [model, []];
    return [{ ...model, page: { ...model.page, loading: false, lines: text.split("\n") } satisfies Page }, []];
  }
  if (!ok) return [say(model, first === "" ? "it failed, and said nothing" : first, true), []];
  switch (purpose.for) {
    case "answer": {
      const { item, bottle, answer } = purpose;
      const decided = [...model.decided, { item, bottle, answer }].slice(-DECISIONS);
      // The one that was answered is gone; the next on the same bottle has to be asked for.
      const focus = model.item === item ? { focus: "list" as const, item: null } : {};
      return [say({ ...model, ...focus, decided: answer === "dismiss" ? model.decided : decided }, first), []];
    }
    case "remove":
      return [say(model, `${purpose.bottle} is removed; its log and its work are in bottle archive`), []];
    case "undo":
      return [say(model, first === "" ? "undone" : first), []];
    case "act":
      return [say(model, purpose.what), []];
  }
}
