import type { ReasonCode } from "./decision.ts";
import type { RequestId, RuleId } from "./ids.ts";

/**
 * A request that waits for the operator, as it is shown. Texts come from inside: a reader escapes them for its own sink.
 * No value of a secret and no placeholder is in it.
 */
export interface Proposal {
  readonly schema: 1;
  /** Of the request that asked first. */
  readonly id: RequestId;
  readonly method: string;
  readonly scheme: "https" | "http";
  /** `host:port`. */
  readonly authority: string;
  /** Path and query, whole and as they will be sent. */
  readonly target: string;
  /** Size of the body. */
  readonly bytes: number;
  /** Of the body, 64 hex digits. */
  readonly sha256: string;
  /** Of the body; null: not said. */
  readonly contentType: string | null;
  /** The beginning of the body: text, or hex where it is none; "" where there is no body. */
  readonly excerpt: string;
  /** Bytes of the body that the excerpt stands for. */
  readonly excerptBytes: number;
  /** Why no rule allows it; `ask-required`: a rule does, and wants a yes; `token-in-request`: only for `findings`. */
  readonly reason: ReasonCode;
  /** What looks like a secret in it, in words, with fingerprints; never the secret. */
  readonly findings: readonly string[];
  /** The rule that wants the yes; null: no rule lists it. */
  readonly rule: RuleId | null;
  /** The rule pack that would allow it; null: none. */
  readonly pack: string | null;
  /** Names of the credentials that will be written into it. */
  readonly credentials: readonly string[];
  /** What the agent says of it, by supervise; absent: it was held on its way, and nobody said anything. */
  readonly asked?: AgentAsk;
  /** What the host process had seen when it was first shown; absent: it saw nothing. */
  readonly evidence?: ProposalEvidence;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** The agent asks for access to what `method`, `authority` and `target` say; there is no request yet. */
export interface AgentAsk {
  /** Why, in the agent's own words, which nobody checked. */
  readonly words: string;
  /** How often it was asked so far. */
  readonly count: number;
}

/** Of this run of the bottle. */
export interface ProposalEvidence {
  /** Denials of this host before. */
  readonly denied: number;
  /** ISO 8601, of the first of them. */
  readonly since: string | null;
  /** Those of `credentials` that were written into no request to this host yet. */
  readonly firstUse: readonly string[];
}
