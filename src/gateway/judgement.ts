import type { IncomingMessage } from "node:http";
import { type PlacedFinding, searchHead } from "../core/leaks/head-search.ts";
import type { Authority } from "../core/model/authority.ts";
import type { Decision } from "../core/model/decision.ts";
import type { RequestId, RuleId } from "../core/model/ids.ts";
import type { CredentialBinding, EgressRule, OpaqueBodies } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { decideRequest, type RequestFacts } from "../core/policy/decide.ts";
import { leaksTightened } from "../core/policy/leaks.ts";
import { packForRequest } from "../core/policy/pack-hints.ts";
import { readFacts } from "../core/policy/request-facts.ts";
import { formatAuthority } from "../core/wire/authority.ts";
import type { RequestHead } from "../core/wire/request-head.ts";
import { formatTarget } from "../core/wire/target.ts";
import type { AnswerTerms } from "./answer-headers.ts";
import type { GatewayContext } from "./context.ts";
import { type Denial, denial } from "./denial.ts";
import { headParts, loggedQuery, rawParts, unreadTarget, withoutOwnSlots } from "./head-parts.ts";
import { createLeakWatch, type LeakWatch } from "./leak-watch.ts";
import type { Snapshot } from "./snapshot.ts";

export { type Denial, denial } from "./denial.ts";

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
  /** Judges secrets in head and body; the head's were. */
  readonly leaks: LeakWatch;
  readonly opaque: OpaqueBodies;
  /** True: it is read whole, since what is found in it is asked about. */
  readonly held: boolean;
  /** Why the operator is asked before it goes on; null: it may go on. */
  readonly asked: Pick<Decision, "reason" | "detail"> | null;
  /**
   * True when another policy allows the same request, or would still ask about one that waits. `searched`: all of it was
   * searched; else that policy must not search it more strictly.
   */
  stillAllowed(snapshot: Snapshot, searched?: boolean): boolean;
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

/** How answers reach the client: where a credential is written they are scrubbed, and their cookies are secrets too. */
export function answerTerms({ snapshot }: Judgement, { rule, credentials }: Permit): AnswerTerms {
  const injected = credentials.length > 0;
  return { scrub: injected ? snapshot.secrets : null, cookies: rule.cookies ?? (injected ? "drop" : "pass") };
}

/**
 * Judges the head of a request: strict parse, one origin, rule, credentials where they do not belong, presence of those
 * to be written. Nothing is resolved, dialled or read. `tunnel` is the CONNECT target that it came through, or null;
 * `again` what it was called when it was judged before.
 */
export async function judgeRequest(
  context: GatewayContext,
  request: IncomingMessage,
  tunnel: Authority | null,
  again: Pick<Judgement, "id" | "startedAt"> | null = null,
): Promise<Judgement> {
  const snapshot = await context.snapshots.current();
  const base = {
    id: again?.id ?? context.trail.nextId(),
    startedAt: again?.startedAt ?? context.now(),
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
    const found = searchHead(snapshot.search, rawParts(request));
    const outcome = graver(context, base.id, snapshot, found, denial(reason, detail, { status, alert }));
    return { ...base, target: unreadTarget(base.target ?? ""), outcome };
  }
  const { head, facts } = reading;
  const found = searchHead(snapshot.search, headParts(facts));
  const decision = decideRequest(snapshot.policy, snapshot.guard, facts, context.now());
  const query = facts.query === null ? null : (loggedQuery(facts.query, found) ?? "[secret in pieces]");
  const named = {
    ...base,
    mode: facts.scheme === "https" ? "inspect" : "http",
    authority: formatAuthority(facts.authority),
    target: formatTarget(facts.path, query),
    rule: decision.rule,
  } as const;
  const rule = decision.matched;
  if (decision.verdict === "deny" || rule === null || rule.mode === "splice") {
    const reason = decision.verdict === "deny" ? decision.reason : "scheme-not-listed";
    const more = { alert: decision.alert, pack: packForRequest(reason, facts) };
    const denied = denial(reason, decision.detail ?? null, more);
    return { ...named, outcome: graver(context, base.id, snapshot, found, denied) };
  }
  const terms = snapshot.leakTerms(rule);
  const held = terms.action === "ask" && isHoldable(context, facts);
  const leaks = createLeakWatch(context, base.id, terms, held);
  // Once for each request, and not for a refused one: what is judged again, or stays in, is no other piece.
  const leak =
    leaks.head(withoutOwnSlots(found, decision.credentials, facts.query, snapshot.search)) ??
    leaks.head(again === null ? context.drip.head(rule.host, facts, snapshot.drip) : []);
  if (leak !== null) return { ...named, outcome: leak };
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
  const { bodyMethods, reason, detail } = decision;
  const asked = decision.verdict === "ask" ? { reason, ...(detail === undefined ? {} : { detail }) } : null;
  const stillAllowed = ({ policy, guard }: Snapshot, searched = false) => {
    const { verdict, matched } = decideRequest(policy, guard, facts, context.now());
    if (verdict === "deny" || matched === null || (verdict === "ask" && asked === null)) return false;
    return searched || !leaksTightened([snapshot.policy, rule], [policy, matched]);
  };
  const judged = { head, facts, rule, credentials, bodyLimit, bodyMethods, held, asked, stillAllowed };
  return { ...named, outcome: { ok: true, ...judged, leaks, opaque: terms.opaque } };
}

/** Whether a request can wait whole for the operator. */
function isHoldable({ asks, limits }: GatewayContext, { upgrade, bodyLength }: RequestFacts): boolean {
  return asks.reachable && upgrade === null && bodyLength !== null && bodyLength <= limits.askedBytes;
}

/**
 * The denial of a request that is not allowed anyway: a canary or a known value in it says more than that, and must be
 * told. Tokens are not looked at: nothing leaves.
 */
export function graver(
  context: GatewayContext,
  id: RequestId,
  snapshot: Snapshot,
  found: readonly PlacedFinding[],
  denied: Denial,
): Denial {
  const kinds = denied.reason === "credential-wrong-host" ? ["canary"] : ["canary", "known"];
  const worst = found.filter(({ finding }) => kinds.includes(finding.kind));
  return createLeakWatch(context, id, snapshot.leakTerms(null)).head(worst) ?? denied;
}
