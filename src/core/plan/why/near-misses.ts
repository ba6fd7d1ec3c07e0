import type { ReasonCode } from "../../model/decision.ts";
import type { EgressRule, Policy } from "../../model/policy.ts";
import type { CredentialGuard } from "../../policy/credentials.ts";
import { decideRequest, type RequestFacts } from "../../policy/decide.ts";

/** A rule that lists the host and does not allow the request. */
export interface NearMiss {
  readonly rule: EgressRule;
  /** What does not fit, in a few words. */
  readonly miss: string;
}

const MISSES: Readonly<Partial<Record<ReasonCode, string>>> = {
  "port-not-listed": "fits the host, but not the port",
  "scheme-not-listed": "fits host and port, but not the scheme",
  "path-not-listed": "fits the host, but not the path",
  "path-ambiguous": "fits the host, but the path can be read in more than one way",
  "method-not-listed": "fits host and path, but not the method",
  "query-not-listed": "fits host, path and method, but not the query",
  "tls-not-seen": "fits the host, but is for connections that are not looked into",
  "body-too-large": "fits, but for smaller bodies",
  "upgrade-refused": "fits, but not for WebSockets",
};

/** Each rule by itself is asked by the gateway's own function: the reason is the first thing that does not fit. */
export function nearMisses(policy: Policy, facts: RequestFacts): readonly NearMiss[] {
  const guard: CredentialGuard = { findMisplaced: () => null };
  return policy.rules.flatMap((rule) => {
    const alone: Policy = { version: policy.version, rules: [rule], deny: [], credentials: [] };
    const { reason } = decideRequest(alone, guard, facts);
    const miss = MISSES[reason] ?? (reason === "host-not-listed" && isApex(rule, facts) ? APEX : null);
    return miss === null ? [] : [{ rule, miss }];
  });
}

const APEX = "fits every name below this host, but not the host itself";

function isApex(rule: EgressRule, { authority }: RequestFacts): boolean {
  return rule.host === `*.${authority.host}`;
}
