import type { Authority } from "../model/authority.ts";
import type { Decision } from "../model/decision.ts";
import type { CredentialBinding, EgressRule, Policy } from "../model/policy.ts";
import type { HeaderPair } from "../wire/header-pairs.ts";
import type { CredentialGuard } from "./credentials.ts";

export interface TunnelDecision extends Decision {
  /** What to do with the bytes of an allowed tunnel; null when denied. */
  readonly mode: "inspect" | "splice" | null;
  /** Rules that list this authority; for `splice` the first one gives address and `dial`. */
  readonly rules: readonly EgressRule[];
  /** True when the operator should be told at once. */
  readonly alert: boolean;
}

export interface RequestFacts {
  readonly scheme: "https" | "http";
  readonly authority: Authority;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: readonly HeaderPair[];
  readonly upgrade: "websocket" | null;
  /** Declared length of the body in bytes; null when chunked; 0 when there is none. */
  readonly bodyLength: number | null;
}

export interface RequestDecision extends Decision {
  /** The rule that allowed it, with `dial`, `body`, `maxRequestBytes`; null when denied. */
  readonly matched: EgressRule | null;
  /** To be written into the request, last. A non-empty list means: ask for identity, scrub the response. */
  readonly credentials: readonly CredentialBinding[];
  readonly alert: boolean;
}

/** Judges a CONNECT. Never throws: a fault is a deny with `internal-error`. Attack rows 22, 24, 25, 58. */
export declare function decideTunnel(policy: Policy, guard: CredentialGuard, authority: Authority): TunnelDecision;

/** Judges one request, inspected or plain. Never throws. Attack rows 22, 24, 52, 56, 58, 61 to 64, 92, 96, 99. */
export declare function decideRequest(policy: Policy, guard: CredentialGuard, request: RequestFacts): RequestDecision;
