import type { IncidentKind } from "../model/incident.ts";
import type { Proposal } from "../model/proposal.ts";
import type { QuestionKind } from "../model/question.ts";
import type { Flag } from "./flags.ts";

/** `push`: held by the git gate; `access`: asked for by supervise, there is no request yet. */
export type ItemKind = "request" | "push" | "access" | QuestionKind | IncidentKind;

/**
 * What may be said to an item. `once`: this request, or the plain yes to a question; `words`: a yes or a no may carry some for
 * the agent; `dismiss`: it was seen.
 */
export type ItemAnswer = "once" | "for" | "bottle" | "persist" | "deny" | "words" | "dismiss";

/**
 * One thing that waits for the operator, or that they should see, as it is shown everywhere. Texts of an agent are as it
 * wrote them: a reader escapes them for its own sink. No value of a secret and no placeholder is in it.
 */
export interface Item {
  readonly bottle: string;
  readonly id: string;
  readonly kind: ItemKind;
  /** `answer`: somebody waits; `look`: it happened. */
  readonly need: "answer" | "look";
  /** What, on one line. */
  readonly title: string;
  /** What we saw ourselves, a line each. */
  readonly seen: readonly string[];
  /** The agent's own, which nobody checked; null: it said nothing. */
  readonly words: string | null;
  /** The rule that a yes to more than this request adds, as a diff. */
  readonly adds: readonly string[];
  readonly flags: readonly Flag[];
  readonly answers: readonly ItemAnswer[];
  /** How often it was asked. */
  readonly count: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null: it does not end by itself. */
  readonly expiresAt: string | null;
  /** What a yes is bound to (`reviewCode`): it changes with everything above but `count` and times. */
  readonly review: string;
  /** What to type for more; null: there is nothing. */
  readonly command: string | null;
  /** The request whole; null: it is none. */
  readonly request: Proposal | null;
}

/** What the decision rests on. */
export type Shown = Omit<Item, "review" | "count" | "createdAt" | "expiresAt">;
