import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import type { Policy } from "../model/policy.ts";
import type { CredentialGuard } from "./credentials.ts";
import { decideRequest, decideTunnel, type RequestFacts } from "./decide.ts";
import { PACK_NAMES, packRules } from "./packs.ts";

/** Reasons that a rule more would change. */
export const UNLISTED: readonly ReasonCode[] = [
  "host-not-listed",
  "port-not-listed",
  "scheme-not-listed",
  "method-not-listed",
  "path-not-listed",
  "query-not-listed",
  "path-ambiguous",
];

/**
 * The rule pack that allows a refused request, or null. It is found by the public packs alone, never by the bottle's
 * policy, so that the answer tells nothing which the reason did not tell (attack row 136).
 */
export function packForRequest(reason: ReasonCode, request: RequestFacts): string | null {
  if (!UNLISTED.includes(reason)) return null;
  return PACK_NAMES.find((name) => decideRequest(alone(name), UNGUARDED, request).verdict === "allow") ?? null;
}

/** As `packForRequest`, for a CONNECT, of which only host and port are known. */
export function packForTunnel(reason: ReasonCode, authority: Authority): string | null {
  if (!UNLISTED.includes(reason)) return null;
  return PACK_NAMES.find((name) => decideTunnel(alone(name), UNGUARDED, authority).verdict === "allow") ?? null;
}

/** What the operator can do, in words for the audit log. */
export function packHint(pack: string): string {
  return `the rule pack ${pack} would allow it`;
}

/** No secret is looked for: the request was judged by the bottle's own guard before. */
const UNGUARDED: CredentialGuard = { findMisplaced: () => null };

function alone(pack: string): Policy {
  return { version: 1, rules: packRules(pack), deny: [], credentials: [] };
}
