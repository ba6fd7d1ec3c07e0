import { answerWords } from "../commands.ts";
import { type Step, say } from "../events.ts";
import type { Answer, ItemView, Model } from "../model.ts";
import { unread } from "./unread.ts";

/** `what` unless the dashboard only looks. */
export function acts(model: Model, what: () => Step): Step {
  return model.readOnly ? [say(model, "read-only: this dashboard only looks", true), []] : what();
}

/** Runs a command of `bottle`; `what` is said when it has ended well. */
export function runs(model: Model, words: readonly string[], what: string): Step {
  return [{ ...model, busy: model.busy + 1 }, [{ do: "run", words, purpose: { for: "act", what } }]];
}

/** Sends an answer; the item goes when the bottle's host process has taken it. */
export function answered(model: Model, item: ItemView, answer: Answer, reason: string): Step {
  const first = unread(model, answer);
  if (first !== null) return first;
  const words = answerWords(item, answer, reason);
  const purpose = { for: "answer", item: item.id, bottle: item.bottle, answer } as const;
  return [{ ...model, busy: model.busy + 1 }, [{ do: "run", words, purpose }]];
}
