import type { ItemKind } from "../core/inbox/item.ts";
import type { Reach } from "../core/inbox/reach.ts";
import type { AnswerScope, Grant } from "../core/model/grant.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import type { Claim, ClaimReading } from "../gateway/held.ts";

/** Where an operator sits when they answer. */
export const SURFACES = ["cli", "dashboard"] as const;
export type Surface = (typeof SURFACES)[number];

/** A yes, bound to what was shown. */
export interface AllowRequest {
  readonly do: "allow";
  readonly id: string;
  readonly scope: AnswerScope;
  readonly forMs: number | null;
  /** Code of the item that was shown (`core/inbox/review`). */
  readonly review: string;
  /** Codes of the flags that the operator knows of. */
  readonly accepted?: readonly string[];
  /** For whoever asked a question. */
  readonly words?: string | null;
  /** The rule as the operator changed it; null: as it was shown. */
  readonly reach?: Reach | null;
  readonly as?: Surface;
}

/** What an operator may say to the host process about requests that wait, and about what was granted. */
export type ApprovalRequest =
  | AllowRequest
  | { readonly do: "deny"; readonly id: string; readonly reason: string | null; readonly as?: Surface }
  | { readonly do: "undo"; readonly id: string; readonly as?: Surface }
  | { readonly do: "items" }
  | { readonly do: "decisions" }
  | { readonly do: "grants" }
  | { readonly do: "revoke"; readonly grant: string };

/** What came of an answer. */
export interface AnswerReport {
  /** Of the policy that is in force with it. */
  readonly version: number;
  readonly id: RequestId;
  readonly kind: ItemKind;
  /** null: it was a question. */
  readonly proposal: Proposal | null;
  readonly question: Question | null;
  /** How many identical requests it let go, or refused. */
  readonly settled: number;
  /** The answer is in force, and what was asked for is not covered by it: it waits on. */
  readonly waits: boolean;
  /** Ids of those that still wait, since it is not for them. */
  readonly others: readonly string[];
  readonly grant: Grant | null;
  /** What it covers, in words. */
  readonly covers: string;
}

/** As a claim of a gateway, which may be in another process and answer later. */
export type AwaitedClaim = Omit<Claim, "settle"> & {
  /** `words` are the operator's, for whoever asked; a request that was held on its way has nobody to hear them. */
  settle(answer: Parameters<Claim["settle"]>[0], words?: string | null): number | Promise<number>;
};
export type AwaitedClaimReading = AwaitedClaim | Exclude<ClaimReading, Claim>;

/** What holds requests back until they are answered. */
export interface RequestHolder {
  claim(id: RequestId): AwaitedClaimReading | Promise<AwaitedClaimReading>;
  /** The no to this request is not remembered any more: it may be asked again. False: nothing was remembered, or it cannot be. */
  forgive?(id: RequestId): boolean | Promise<boolean>;
}

/** The right to answer a question, which one operator has at a time (attack row 148). */
export interface QuestionClaim {
  readonly ok: true;
  readonly question: Question;
  /** `words` are for whoever asked; null: none. Resolves when the answer is in force. */
  settle(verdict: "yes" | "no", words: string | null): void | Promise<void>;
  /** It could not be answered after all: it waits on. */
  putBack(): void;
}

/** Who asks the operator what is no request: supervise, a budget. */
export interface QuestionHolder {
  claim(id: RequestId): QuestionClaim | { readonly ok: false; readonly problem: "unknown" | "answered" };
  /** The no to this question is not remembered any more: it may be asked again. False: there is none to forget. */
  forgive?(id: RequestId): boolean | Promise<boolean>;
}
