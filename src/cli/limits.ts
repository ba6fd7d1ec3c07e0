import { BottleError } from "../core/model/errors.ts";
import { text, type VerbInput } from "./verb.ts";

/** Three weeks: a timer of Node holds 24 days. */
const LONGEST_MINUTES = 30_240;

/** Minutes as somebody wrote them; null when they are none. */
function minutesOf(word: string): number | null {
  const minutes = Number(word);
  return /^\d+(?:\.\d+)?$/.test(word) && minutes > 0 && minutes <= LONGEST_MINUTES ? minutes : null;
}

/** `--max-minutes`. Errors: USAGE. */
export function timeLimit(input: VerbInput): { readonly maxMinutes?: number } {
  const word = text(input, "maxMinutes");
  if (word === undefined) return {};
  const maxMinutes = minutesOf(word);
  if (maxMinutes !== null) return { maxMinutes };
  throw new BottleError("USAGE", `--max-minutes takes a number above 0, at most ${LONGEST_MINUTES}, not ${word}`, {
    hint: "for instance --max-minutes 90",
  });
}
