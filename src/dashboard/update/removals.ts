import { keyOf } from "../../core/model/dashboard-keys.ts";
import { undoWords } from "../commands.ts";
import { type Effect, type Step, say } from "../events.ts";
import type { Model } from "../model.ts";
import { bottleOf } from "../rows.ts";
import { acts } from "./acting.ts";

/** So long a removal can be undone: it has not begun. */
const UNDO_MS = 30_000;

/** Has a bottle removed in a while. */
export function removal(model: Model, name: string): Step {
  const others = model.removals.filter((other) => other.name !== name);
  const run = bottleOf(model, name)?.run ?? "";
  const next = { ...model, removals: [...others, { name, run, at: model.now + UNDO_MS }] };
  return [say(next, `${name} is removed in 30 s: ${keyOf(model.keys, "undo")} undoes it`), []];
}

/** Begins removals whose time has come. */
export function dueRemovals(model: Model): Step {
  const due = model.removals.filter(({ at }) => at <= model.now);
  if (due.length === 0) return [model, []];
  const effects = due.map(
    ({ name }): Effect => ({ do: "run", words: ["rm", name], purpose: { for: "remove", bottle: name } }),
  );
  const removals = model.removals.filter(({ at }) => at > model.now);
  return [{ ...model, removals, busy: model.busy + due.length }, effects];
}

/** Takes back what was done last: a removal that has not begun, else a decision. */
export function undo(model: Model): Step {
  return acts(model, () => {
    const removal = model.removals.at(-1);
    if (removal !== undefined) {
      return [say({ ...model, removals: model.removals.slice(0, -1) }, `${removal.name} stays`), []];
    }
    const last = model.decided.at(-1);
    if (last === undefined) return [say(model, "there is nothing to undo"), []];
    const words = undoWords(last.item);
    const next = { ...model, decided: model.decided.slice(0, -1), busy: model.busy + 1 };
    return [next, [{ do: "run", words, purpose: { for: "undo", item: last.item } }]];
  });
}
