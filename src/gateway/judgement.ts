import type { IncomingMessage } from "node:http";
import type { Authority } from "../core/model/authority.ts";
import type { ReasonCode } from "../core/model/decision.ts";
import type { RequestId, RuleId } from "../core/model/ids.ts";
import type { CredentialBinding, EgressRule } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { decideRequest, type RequestFacts } from "../core/policy/decide.ts";
import { readOrigin } from "../core/policy/origin.ts";
import { formatAuthority } from "../core/wire/authority.ts";
import { type RequestHead, readRequestHead } from "../core/wire/request-head.ts";
import { formatTarget } from "../core/wire/target.ts";
import type { GatewayContext } from "./context.ts";
import type { Snapshot } from "./snapshot.ts";

/** Why something is not done. `status` null: the reason's own. */
export interface Denial {
  readonly ok: false;
  readonly reason: ReasonCode;
  readonly status: number | null;
  readonly detail: string | null;
  readonly alert: boolean;
  readonly address: string | null;
}

/** A request that rule, head and credentials allow; its body and its upstream's address are still to be judged. */
export interface Permit {
  readonly ok: true;
  readonly head: RequestHead;
  readonly facts: RequestFacts;
  readonly rule: EgressRule;
  readonly credentials: readonly { readonly binding: CredentialBinding; readonly secret: Secret }[];
  /** Greatest body in bytes. */
  readonly bodyLimit: number;
  /** True when another policy allows the same request. */
  stillAllowed(snapshot: Snapshot): boolean;
}

/** One request as the audit log names it, and what was decided. */
export interface Judgement {
  readonly id: RequestId;
  readonly startedAt: number;
  readonly snapshot: Snapshot;
  readonly mode: "inspect" | "splice" | "http" | "none";
  readonly method: string | null;
  readonly authority: string | null;
  readonly target: string | null;
  readonly rule: RuleId | null;
  readonly outcome: Permit | Denial;
}

/** A denial without an address. */
export function denial(reason: ReasonCode, detail: string | null, more: Partial<Denial> = {}): Denial {
  return { ok: false, reason, status: null, detail, alert: false, address: null, ...more };
}

/**
 * Judges the head of a request: strict parse, one origin, rule, credentials where they do not belong, presence of those
 * to be written. Nothing is resolved, dialled or read. `tunnel` is the CONNECT target that it came through, or null.
 */
export async function judgeRequest(
  context: GatewayContext,
  request: IncomingMessage,
  tunnel: Authority | null,
): Promise<Judgement> {
  const snapshot = await context.snapshots.current();
  const base = {
    id: context.trail.nextId(),
    startedAt: context.now(),
    snapshot,
    mode: tunnel === null ? "none" : "inspect",
    method: request.method ?? null,
    authority: tunnel === null ? null : formatAuthority(tunnel),
    target: request.url ?? null,
    rule: null,
  } as const;
  const reading = readRequestHead(
    {
      method: request.method ?? "",
      target: request.url ?? "",
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
    },
    snapshot.guarded,
  );
  if (!reading.ok) {
    return { ...base, outcome: denial(reading.reason, reading.why, { status: reading.status }) };
  }
  const { head } = reading;
  const origin = readOrigin(head, tunnel);
  if (!origin.ok) {
    const alert = origin.reason === "authority-mismatch";
    return { ...base, outcome: denial(origin.reason, origin.detail, { status: origin.status, alert }) };
  }
  const { path, query } = head.target;
  const facts: RequestFacts = {
    scheme: origin.scheme,
    authority: origin.authority,
    method: head.method,
    path,
    query,
    headers: head.headers,
    upgrade: head.upgrade,
    bodyLength: head.body.kind === "none" ? 0 : head.body.kind === "length" ? head.body.length : null,
  };
  const decision = decideRequest(snapshot.policy, snapshot.guard, facts);
  const named = {
    ...base,
    mode: origin.scheme === "https" ? "inspect" : "http",
    authority: formatAuthority(origin.authority),
    target: formatTarget(path, query),
    rule: decision.rule,
  } as const;
  const rule = decision.matched;
  if (decision.verdict === "deny" || rule === null || rule.mode === "splice") {
    const reason = decision.verdict === "deny" ? decision.reason : "scheme-not-listed";
    return { ...named, outcome: denial(reason, decision.detail ?? null, { alert: decision.alert }) };
  }
  const credentials: { binding: CredentialBinding; secret: Secret }[] = [];
  for (const binding of decision.credentials) {
    const secret = snapshot.value(binding.name);
    if ("missing" in secret) {
      const detail = `credential ${binding.name}: ${secret.missing}`;
      return { ...named, outcome: denial("credential-unavailable", detail) };
    }
    credentials.push({ binding, secret });
  }
  const bodyLimit = rule.maxRequestBytes ?? context.limits.requestBytes;
  if (facts.bodyLength !== null && facts.bodyLength > bodyLimit) {
    return { ...named, outcome: denial("body-too-large", `${facts.bodyLength} of ${bodyLimit} bytes`) };
  }
  const stillAllowed = ({ policy, guard }: Snapshot) => decideRequest(policy, guard, facts).verdict === "allow";
  return { ...named, outcome: { ok: true, head, facts, rule, credentials, bodyLimit, stillAllowed } };
}
