import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createDetector } from "../core/leaks/needles.ts";
import { MAX_TOKEN_BYTES } from "../core/leaks/patterns.ts";
import type { Redactor } from "../core/leaks/redactor.ts";
import type { Authority } from "../core/model/authority.ts";
import type { ReasonCode } from "../core/model/decision.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { ASK_TIMEOUT_MS } from "../core/policy/asking.ts";
import { describeFinding, findingTitle } from "../core/policy/finding-texts.ts";
import { packForRequest } from "../core/policy/pack-hints.ts";
import { formatAuthority } from "../core/wire/authority.ts";
import { type HeaderPair, headerValues } from "../core/wire/header-pairs.ts";
import { printableLines } from "../core/wire/printable.ts";
import { formatTarget } from "../core/wire/target.ts";
import type { GatewayContext } from "./context.ts";
import { type Denial, denial } from "./denial.ts";
import type { No } from "./held.ts";
import { type Judgement, judgeRequest, type Permit } from "./judgement.ts";

/** Of a body, as text. */
const EXCERPT_BYTES = 1024;

/** A request that needs a yes, read and judged as far as it can be without one. */
export interface AskedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly tunnel: Authority | null;
  readonly judgement: Judgement;
  readonly permit: Permit;
  /** Its whole body. */
  readonly body: Buffer;
}

/**
 * Holds a request until the operator answers: a durable line first, then the question. After a yes it is judged once
 * more from the beginning, since rules, grants and secrets may have changed while it waited. Nothing is looked up or
 * dialled here. Attack rows 132, 144, 148.
 */
export async function askOperator(
  context: GatewayContext,
  asked: AskedRequest,
): Promise<{ readonly ok: true; readonly judgement: Judgement; readonly permit: Permit } | Denial> {
  const { request, response, tunnel, judgement, permit } = asked;
  const { hidden } = judgement.snapshot;
  const target = formatTarget(permit.facts.path, permit.facts.query);
  // What is shown is what is approved: a target of which a part must be hidden cannot be, be it cut over parameters.
  if (judgement.target !== target || hidden.redact(target) !== target) {
    const detail = "the target holds what is not shown, so nobody was asked";
    return refusedBy(askReason(permit), permit, detail);
  }
  const proposal = propose(context, asked, target);
  const { method, scheme, authority, sha256, contentType, findings } = proposal;
  // The same bytes mean something else as another type, which is shown as well.
  // Nor is a yes to one secret in a field a yes to another one.
  const key = JSON.stringify([method, scheme, authority, target, sha256, contentType, findings]);
  const admitted = context.asks.admit(key);
  if (admitted.answer !== null) return refusedBy(admitted.answer, permit);
  const written = await context.trail.ask(
    {
      id: judgement.id,
      policyVersion: judgement.snapshot.policy.version,
      mode: judgement.mode,
      method: judgement.method,
      authority: judgement.authority,
      target: judgement.target,
      reason: proposal.reason,
      rule: judgement.rule,
      credentials: proposal.credentials,
      address: null,
      alert: false,
      detail: `body of ${proposal.bytes} bytes, sha256 ${sha256}${admitted.with === null ? "" : `, as ${admitted.with}, which waits`}`,
      findings: permit.leaks.findings,
    },
    hidden,
  );
  if (!written) return denial("audit-failed", null);
  const gone = new AbortController();
  const left = () => gone.abort();
  response.once("close", left);
  if (response.destroyed || request.socket.destroyed) left();
  try {
    const answer = await context.asks.wait({ key, path: permit.facts.path, proposal }, gone.signal);
    if (answer !== "once" && answer !== "granted") return refusedBy(answer, permit);
    const again = await judgeRequest(context, request, tunnel, judgement);
    if (!again.outcome.ok) return again.outcome;
    // A yes to this request alone lets nothing else pass; a grant that is gone by now lets nothing pass.
    if (answer === "granted" && again.outcome.asked !== null) return denial("policy-expired", "the grant is gone");
    const changed = changeOf(asked, again);
    // What was found in its body is told of the request that is sent.
    return changed ?? { ok: true, judgement: again, permit: { ...again.outcome, leaks: permit.leaks } };
  } finally {
    response.off("close", left);
  }
}

/** What its body was judged by may have changed while it waited. */
function changeOf({ judgement, body }: AskedRequest, { snapshot }: Judgement): Denial | null {
  const { policy, secrets } = judgement.snapshot;
  const { rules, deny, leaks } = snapshot.policy;
  if (rules !== policy.rules || deny !== policy.deny || leaks !== policy.leaks) {
    return denial("policy-expired", "the rules changed while it waited");
  }
  if (snapshot.secrets === null || snapshot.secrets === secrets) return null;
  const found = createDetector(snapshot.secrets).push(body);
  if (found.length === 0) return null;
  return denial("secret-in-request", `body holds the value of ${found.join(", ")}`, { alert: true });
}

/** What was found in it stays in. */
function refusedBy(
  reason: ReasonCode,
  { leaks }: Permit,
  detail: string | null = DETAILS[reason as No] ?? null,
): Denial {
  const [first] = leaks.pending;
  const findings = leaks.findings.map((it) => (it.action === "asked" ? { ...it, action: "blocked" as const } : it));
  return denial(reason, detail, { findings, secretType: first === undefined ? null : findingTitle(first) });
}

/** Why it is asked about. */
function askReason({ asked, leaks }: Permit): ReasonCode {
  return asked?.reason ?? (leaks.pending.length > 0 ? "token-in-request" : "ask-required");
}

const DETAILS = {
  closing: null,
  "ask-required": null,
  "ask-denied": "the operator said no",
  "ask-timeout": "no answer in time",
  "ask-abandoned": "the client left before there was an answer",
  "ask-limit": "it could not be shown, or too many were asked about in a minute",
} as const;

function propose(context: GatewayContext, { judgement, permit, body }: AskedRequest, target: string): Proposal {
  const { facts, head, credentials, leaks } = permit;
  const { policy, hidden } = judgement.snapshot;
  const now = context.now();
  const excerpt = excerptOf(body, hidden);
  const reason = askReason(permit);
  return {
    schema: 1,
    id: judgement.id,
    method: facts.method,
    scheme: facts.scheme,
    authority: formatAuthority(facts.authority),
    target,
    bytes: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
    contentType: contentTypeOf(head.headers),
    excerpt: printableLines(excerpt.text).slice(0, 4 * EXCERPT_BYTES),
    excerptBytes: excerpt.bytes,
    reason,
    findings: leaks.pending.map(describeFinding),
    rule: judgement.rule,
    pack: packForRequest(reason, facts),
    credentials: credentials.map(({ binding }) => binding.name),
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + (policy.ask?.timeoutMs ?? ASK_TIMEOUT_MS)).toISOString(),
  };
}

/** What a body says that it is; an encoded one shows only hex, and this says why. */
function contentTypeOf(headers: readonly HeaderPair[]): string | null {
  const type = headerValues(headers, "content-type").join(", ").slice(0, 200);
  const encoding = headerValues(headers, "content-encoding").join(", ").slice(0, 40);
  return (
    [type, ...(encoding === "" ? [] : [`encoded as ${encoding}`])].filter((part) => part !== "").join(", ") || null
  );
}

/** The beginning of a body: text as it is, anything else in hex, without secrets. */
function excerptOf(body: Buffer, hidden: Redactor): { readonly text: string; readonly bytes: number } {
  const head = body.subarray(0, EXCERPT_BYTES);
  try {
    // A character that the cut splits is no reason to show hex.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return {
      text: shownOf(text, body.toString("utf8", 0, EXCERPT_BYTES + MAX_TOKEN_BYTES), hidden),
      bytes: head.length,
    };
  } catch {
    const few = head.subarray(0, EXCERPT_BYTES / 4);
    const more = body.toString("hex", 0, few.length + MAX_TOKEN_BYTES);
    return { text: shownOf(few.toString("hex"), more, hidden), bytes: few.length };
  }
}

/** A text without secrets; `more` goes on, and tells what at the end of the text is the beginning of one. */
function shownOf(text: string, more: string, hidden: Redactor): string {
  const shown = hidden.redact(text);
  const longer = hidden.redact(more);
  let end = 0;
  while (end < shown.length && shown[end] === longer[end]) end++;
  return shown.slice(0, end);
}
