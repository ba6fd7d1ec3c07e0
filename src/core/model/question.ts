import type { RequestId } from "./ids.ts";

/** `capability` and `review`: the agent asks by supervise. `budget`: its model requests wait, since its budget is used up. */
export type QuestionKind = "capability" | "review" | "budget";

/**
 * Something that waits for the operator and is no request: a file in `proposals/`, beside those of requests. No value of a
 * secret and no placeholder is in it.
 */
export interface Question {
  readonly schema: 1;
  readonly id: RequestId;
  readonly kind: QuestionKind;
  /** What is asked. Of an agent's question its own words, which nobody checked: a reader escapes them for its own sink. */
  readonly words: string;
  /** What the host process saw itself, in its own words. */
  readonly evidence: readonly string[];
  /** How often it was asked so far: the same question joins the one that waits. */
  readonly count: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** null: it waits as long as the bottle runs. */
  readonly expiresAt: string | null;
}
