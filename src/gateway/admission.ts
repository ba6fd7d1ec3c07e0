import { packHint } from "../core/policy/pack-hints.ts";
import { type Refusal, refusal } from "../core/policy/refusal.ts";
import type { GatewayContext } from "./context.ts";
import type { Destination } from "./destination.ts";
import { type Denial, denial, type Judgement, type Permit } from "./judgement.ts";

/**
 * Writes the durable `decision` line, then finds the upstream's judged addresses: in this order, so that nothing leaves
 * without a line, not even a lookup (attack rows 38, 131). A line that cannot be written is a denial.
 */
export async function admit(
  context: GatewayContext,
  judgement: Judgement,
  permit: Pick<Permit, "rule" | "facts" | "credentials" | "stillAllowed"> & Partial<Pick<Permit, "leaks">>,
): Promise<{ readonly ok: true; readonly destination: Destination } | Denial> {
  const { rule, facts } = permit;
  if (context.counters.bytesOut >= context.limits.bytesOut)
    return denial(
      "limit-reached",
      `the bottle has sent ${context.counters.bytesOut} of ${context.limits.bytesOut} bytes`,
    );
  const written = await context.trail.allow(
    {
      ...named(judgement),
      reason: "allowed",
      rule: rule.id,
      credentials: permit.credentials.map(({ binding }) => binding.name),
      address: rule.dial === null ? null : rule.dial.kind === "unix" ? rule.dial.path : rule.dial.address,
      alert: false,
      detail: null,
      findings: permit.leaks?.findings ?? [],
    },
    judgement.snapshot.hidden,
  );
  if (!written) return denial("audit-failed", null);
  const found = await context.finder.find(rule, facts.authority, facts.scheme);
  // A reload while the line was written or the name was looked up counts (attack row 135).
  const present = context.snapshots.latest();
  if (present.policy !== judgement.snapshot.policy && !permit.stillAllowed(present)) {
    return denial("policy-expired", "the policy changed while the request was judged");
  }
  if (found.ok) return found;
  return denial(found.reason, found.detail, { address: found.address, alert: found.alert });
}

/** Writes the denial's line, counts it, and makes what the client gets. */
export function refuse(context: GatewayContext, judgement: Judgement, denied: Denial): Refusal {
  record(context, judgement, denied);
  return refusalOf(context, judgement, denied);
}

/** Writes the denial's line and counts it. */
export function record(context: GatewayContext, judgement: Judgement, denied: Denial): void {
  context.counters.denied += 1;
  context.trail.deny(
    {
      ...named(judgement),
      reason: denied.reason,
      rule: judgement.rule,
      credentials: [],
      address: denied.address,
      alert: denied.alert,
      detail: denied.pack === null ? denied.detail : [denied.detail, packHint(denied.pack)].join("; "),
      findings: denied.findings,
    },
    judgement.snapshot.hidden,
  );
}

/** Writes the result of a request that was asked about or allowed, and of which the client left before it was sent. */
export function recordLeft({ trail, now }: GatewayContext, { id, startedAt, snapshot }: Judgement): void {
  const none = { status: null, bytesOut: 0, bytesIn: 0, scrubbed: 0 };
  trail.result({ id, ...none, ms: now() - startedAt, error: "the client went away" }, snapshot.hidden);
}

/** What the client gets for a denial. */
export function refusalOf(
  context: GatewayContext,
  judgement: Judgement,
  denied: Pick<Denial, "reason" | "status"> & Partial<Denial>,
): Refusal {
  const host = judgement.authority === null ? null : judgement.authority.replace(/:\d+$/, "");
  // A bait that gives itself away is none.
  const reason = denied.reason === "canary-in-request" ? "secret-in-request" : denied.reason;
  const answer = refusal(reason, judgement.id, host, {
    pack: denied.pack,
    secretType: denied.secretType,
    supervised: context.services.has("mcp"),
  });
  return denied.status === null ? answer : { ...answer, status: denied.status };
}

function named(judgement: Judgement) {
  return {
    id: judgement.id,
    policyVersion: judgement.snapshot.policy.version,
    mode: judgement.mode,
    method: judgement.method,
    authority: judgement.authority,
    target: judgement.target,
  };
}
