import type { TokenCounts } from "../usage/tokens.ts";
import type { ReasonCode } from "./decision.ts";
import type { GateReason, RefUpdate } from "./git-gate.ts";
import type { AnswerScope, GrantId } from "./grant.ts";
import type { RequestId, RuleId } from "./ids.ts";
import type { AuditFinding } from "./leak.ts";

/** One line of the gateway's log, before `state/audit` adds sequence, time and hash chain. Text from inside is escaped there. */
export type AuditEvent =
  | { readonly type: "policy"; readonly version: number; readonly rules: number; readonly cause: string }
  | {
      readonly type: "decision";
      readonly id: RequestId;
      /** `ask`: it is held for the operator; another line says what became of it. */
      readonly verdict: "allow" | "deny" | "ask";
      readonly reason: ReasonCode;
      readonly rule: RuleId | null;
      readonly policyVersion: number;
      readonly mode: "inspect" | "splice" | "http" | "none";
      readonly method: string | null;
      readonly authority: string | null;
      /** Path and query as sent, cut to 2 KiB; known secrets and placeholders are replaced by their names. */
      readonly target: string | null;
      /** Names of credentials written into this request. */
      readonly credentials: readonly string[];
      /** The judged address, when one was dialled or refused. */
      readonly address: string | null;
      readonly alert: boolean;
      readonly detail: string | null;
      /** What looked like a secret in it; absent: nothing did. */
      readonly findings?: readonly AuditFinding[];
    }
  | {
      /** What the operator said to a request that was held. */
      readonly type: "answer";
      readonly id: RequestId;
      readonly verdict: "allow" | "deny";
      readonly by: string;
      /** null for a no. */
      readonly scope: AnswerScope | null;
      readonly grant: GrantId | null;
      readonly detail: string | null;
    }
  | {
      readonly type: "result";
      readonly id: RequestId;
      readonly status: number | null;
      readonly bytesOut: number;
      readonly bytesIn: number;
      readonly ms: number;
      readonly scrubbed: number;
      readonly error: string | null;
      /** What was found on the way, after the decision. */
      readonly findings?: readonly AuditFinding[];
    }
  | {
      /** What the git gate decided; of an accepted push `forwarding` comes first, under the same id. */
      readonly type: "git";
      readonly id: RequestId;
      readonly action: "read" | "push";
      readonly repository: string;
      readonly verdict: "allow" | "deny";
      readonly reason: GateReason;
      readonly refs: readonly RefUpdate[];
      readonly detail: string | null;
      readonly ms: number;
      readonly findings?: readonly AuditFinding[];
    }
  | {
      /** What the agent asked for by supervise; the operator's answer is an `answer` line of the same id. */
      readonly type: "supervise";
      readonly id: RequestId;
      readonly ask: "access" | "capability" | "review";
      readonly outcome: SuperviseOutcome;
      /** What for, on one line. */
      readonly subject: string;
      /** The agent's own words, unchecked; of a refusal the reason. */
      readonly words: string | null;
    }
  | UsageEvent
  | { readonly type: "session"; readonly event: string; readonly detail: string };

/** `asked`: the operator was; `refused`: nobody was, since no yes could allow it; `expired`: nobody answered. */
export type SuperviseOutcome = "asked" | "refused" | "expired";

/** What an answer of a model said of its tokens, behind the result of its request. */
export interface UsageEvent {
  readonly type: "usage";
  readonly id: RequestId;
  /** As the provider names it; null: it did not say. */
  readonly model: string | null;
  /** null: it did not say, or not readably. */
  readonly tokens: TokenCounts | null;
  /** False: it used more than that, since it was cut off or is not understood. */
  readonly complete: boolean;
  /** Millionths of a US dollar, of the host process alone; null: the model's price is not known. Absent: not looked up yet. */
  readonly costMicros?: number | null;
}

/** Where the gateway writes its events. Rejecting means that nothing was recorded, and then nothing is forwarded. */
export interface AuditSink {
  /** Resolves when the line is durable enough to act on (written to the file). */
  append(event: AuditEvent): Promise<void>;
}
