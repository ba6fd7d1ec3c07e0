import { type Step, say } from "../events.ts";
import type { Answer, Model } from "../model.ts";

const YES: readonly Answer[] = ["once", "for", "bottle"];

/** The step in place of a yes to what could not be seen whole; null: it could. */
export function unread(model: Model, answer: Answer): Step | null {
  if (!YES.includes(answer) || model.card === null || model.card.read) return null;
  return [say(model, "the card has no room for all of it: look at the whole page first, then once more", true), []];
}
