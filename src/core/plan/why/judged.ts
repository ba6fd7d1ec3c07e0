import type { Authority } from "../../model/authority.ts";
import type { ReasonCode } from "../../model/decision.ts";
import type { DenyRule, EgressRule, Policy } from "../../model/policy.ts";
import { judgeAddresses } from "../../policy/addresses.ts";
import { createCredentialGuard } from "../../policy/credentials.ts";
import { decideRequest, decideTunnel, type RequestDecision, type RequestFacts } from "../../policy/decide.ts";
import { grantRuleId, ruleOfGrant } from "../../policy/grants.ts";
import { isOwnSocket } from "../../policy/sockets.ts";

/** What the gateway's own functions say of a request, as far as they can without a network. */
export interface Judged {
  readonly verdict: "allow" | "deny" | "ask";
  readonly reason: ReasonCode;
  readonly detail: string | null;
  readonly rule: EgressRule | DenyRule | null;
  /** Of the request inside an inspected tunnel, or of plain http; null where the tunnel decided. */
  readonly decision: RequestDecision | null;
  readonly spliced: boolean;
}

/**
 * Asks what a client asks: first for the tunnel, then within it. `ownAddresses` are this machine's; `now`, in
 * milliseconds since the epoch, is when: absent, no grant that ends counts.
 */
export function judge(policy: Policy, facts: RequestFacts, ownAddresses: readonly string[], now?: number): Judged {
  // Values of secrets are not read here; only placeholders could be found.
  const guard = createCredentialGuard(policy, new Map());
  if (facts.scheme === "https") {
    const tunnel = judgeTunnel(policy, facts.authority, ownAddresses, now);
    if (tunnel.verdict === "deny" || tunnel.spliced) return tunnel;
  }
  const decision = decideRequest(policy, guard, facts, now);
  const rule = ruleCalled(policy, decision.rule);
  const judged = { reason: decision.reason, detail: decision.detail ?? null, rule, decision, spliced: false };
  if (decision.verdict === "deny" || decision.matched === null) return { verdict: "deny", ...judged };
  if (decision.verdict === "ask") return { verdict: "ask", ...judged };
  return atAddress({ verdict: "allow", ...judged }, decision.matched, facts.authority, ownAddresses);
}

/** A CONNECT alone, of which only host and port are known. */
export function judgeTunnel(
  policy: Policy,
  authority: Authority,
  ownAddresses: readonly string[],
  now?: number,
): Judged {
  const tunnel = decideTunnel(policy, createCredentialGuard(policy, new Map()), authority, now);
  const [rule = null] = tunnel.rules;
  const spliced = tunnel.mode === "splice";
  const judged = { reason: tunnel.reason, detail: tunnel.detail ?? null, decision: null, spliced };
  if (tunnel.verdict === "ask") return { verdict: "ask", ...judged, rule: null };
  if (tunnel.verdict === "deny" || rule === null) {
    return { verdict: "deny", ...judged, rule: ruleCalled(policy, tunnel.rule) };
  }
  const allowed: Judged = { verdict: "allow", ...judged, rule };
  return spliced ? atAddress(allowed, rule, authority, ownAddresses) : allowed;
}

/** An address that is written down needs no lookup to be judged. */
function atAddress(allowed: Judged, rule: EgressRule, authority: Authority, ownAddresses: readonly string[]): Judged {
  if (rule.dial?.kind === "unix") {
    const own = isOwnSocket(rule.dial.path);
    return own
      ? { ...allowed, verdict: "deny", reason: "address-own", detail: "a socket of bot-bottle itself" }
      : allowed;
  }
  const address = rule.dial?.address ?? (authority.kind === "name" ? null : authority.host);
  if (address === null) return allowed;
  const judgement = judgeAddresses(rule, [address], ownAddresses);
  return judgement.ok ? allowed : { ...allowed, verdict: "deny", reason: judgement.reason, detail: judgement.detail };
}

/** A rule of the policy, whichever of its lists it stands in. */
export function ruleCalled(policy: Policy, id: string | null): EgressRule | DenyRule | null {
  const grant = policy.grants?.find((it) => grantRuleId(it) === id);
  if (grant !== undefined) return ruleOfGrant(policy, grant);
  return [...policy.rules, ...policy.deny].find((rule) => rule.id === id) ?? null;
}
