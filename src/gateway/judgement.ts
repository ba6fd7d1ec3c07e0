import type { IncomingMessage } from "node:http";
import type { Authority } from "../core/model/authority.ts";
import type { ReasonCode } from "../core/model/decision.ts";
import type { RequestId, RuleId } from "../core/model/ids.ts";
import type { CredentialBinding, EgressRule } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { decideRequest, type RequestFacts } from "../core/policy/decide.ts";
import { packForRequest } from "../core/policy/pack-hints.ts";
import { readFacts } from "../core/policy/request-facts.ts";
import { formatAuthority } from "../core/wire/authority.ts";
import type { RequestHead } from "../core/wire/request-head.ts";
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
  /** The public rule pack that would allow it; null: none. */
  readonly pack: string | null;
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
  /** Methods that a form in the body may name; null: any. */
  readonly bodyMethods: readonly string[] | null;
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
  return { ok: false, reason, status: null, detail, alert: false, address: null, pack: null, ...more };
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
  const reading = readFacts(
    {
      method: request.method ?? "",
      target: request.url ?? "",
      httpVersion: request.httpVersion,
      rawHeaders: request.rawHeaders,
    },
    snapshot.guarded,
    tunnel,
  );
  if (!reading.ok) {
    const { reason, detail, status, alert } = reading;
    return { ...base, outcome: denial(reason, detail, { status, alert }) };
  }
  const { head, facts } = reading;
  const decision = decideRequest(snapshot.policy, snapshot.guard, facts);
  const named = {
    ...base,
    mode: facts.scheme === "https" ? "inspect" : "http",
    authority: formatAuthority(facts.authority),
    target: formatTarget(facts.path, facts.query),
    rule: decision.rule,
  } as const;
  const rule = decision.matched;
  if (decision.verdict === "deny" || rule === null || rule.mode === "splice") {
    const reason = decision.verdict === "deny" ? decision.reason : "scheme-not-listed";
    return {
      ...named,
      outcome: denial(reason, decision.detail ?? null, { alert: decision.alert, pack: packForRequest(reason, facts) }),
    };
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
  const { bodyMethods } = decision;
  return { ...named, outcome: { ok: true, head, facts, rule, credentials, bodyLimit, bodyMethods, stillAllowed } };
}
