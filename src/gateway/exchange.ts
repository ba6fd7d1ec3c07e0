import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authority } from "../core/model/authority.ts";
import { judgeBody } from "../core/policy/bodies.ts";
import { createOverrideGuard } from "../core/policy/method-overrides.ts";
import { createOpaqueWatch, opaqueType } from "../core/policy/opaque-bodies.ts";
import { formatHostField } from "../core/wire/authority.ts";
import { headerValues } from "../core/wire/header-pairs.ts";
import { rebuildRequestHeaders } from "../core/wire/rebuild.ts";
import type { RequestHead } from "../core/wire/request-head.ts";
import { formatTarget } from "../core/wire/target.ts";
import { applyCredential } from "../credentials/scheme.ts";
import { admit, recordLeft, refuse } from "./admission.ts";
import { answer } from "./answer.ts";
import { askOperator } from "./ask.ts";
import type { GatewayContext } from "./context.ts";
import { type BodyEncoding, contentEncodingOf } from "./decoded-body.ts";
import { describe } from "./failure.ts";
import { forward, type Outgoing } from "./forward.ts";
import { type Denial, denial, type Judgement, judgeRequest, type Permit } from "./judgement.ts";
import { readWhole, streamBody } from "./request-body.ts";
import { asksModel } from "./usage-tap.ts";

/** Bodies up to this size are read and judged whole, so that nothing of a bad one leaves. */
const WHOLE_BYTES = 256 * 1024;

/**
 * Serves one request from inside: judges head, body and address, forwards a rebuilt request, relays the response.
 * Never rejects: a fault while deciding is a denial (attack row 127). `tunnel` is the CONNECT target, null for plain HTTP.
 */
export async function serveRequest(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: Authority | null,
): Promise<void> {
  context.counters.requests += 1;
  // Client errors end the exchange through "close"; without a listener they would end the process.
  request.on("error", ignore);
  response.on("error", ignore);
  let judgement: Judgement | null = null;
  try {
    judgement = await judgeRequest(context, request, tunnel);
    for (;;) {
      const held = await holdModel(context, response, judgement);
      if (held === null) break;
      if (!held.ok) return answer(request, response, refuse(context, judgement, held));
      judgement = await judgeRequest(context, request, tunnel, judgement);
    }
    const denied = await process(context, request, response, tunnel, judgement);
    if (denied !== null) answer(request, response, refuse(context, judgement, denied));
  } catch (error) {
    if (judgement !== null) {
      const refusal = refuse(context, judgement, denial("internal-error", describe(error)));
      answer(request, response, refusal);
    } else {
      context.trail.session("internal-error", describe(error), null);
      response.destroy();
    }
  }
}

/** Holds a request to a model while the policy says so; null: it did not wait. After the wait it is judged again. */
async function holdModel(
  { models }: GatewayContext,
  response: ServerResponse,
  { outcome, snapshot }: Judgement,
): Promise<{ readonly ok: true } | Denial | null> {
  const access = snapshot.policy.models ?? "open";
  if (access === "open" || !outcome.ok || !asksModel(outcome)) return null;
  if (access === "closed") return denial("budget-used", null);
  return (await models.wait(response)) ?? { ok: true };
}

/** Takes a judged head to its end; a denial that is still to be answered, or null. */
async function process(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: Authority | null,
  judged: Judgement,
): Promise<Denial | null> {
  const permit = judged.outcome;
  if (!permit.ok) return permit;
  const place = permit.asked === null ? null : context.asks.enter();
  if (permit.asked !== null && place === null) return denial("ask-limit", "too many requests wait already");
  try {
    return await serve(context, request, response, tunnel, { judgement: judged, permit, place });
  } finally {
    place?.leave();
  }
}

/** Reads and judges the body, asks where a rule or the lack of one says so, and forwards. */
async function serve(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: Authority | null,
  found: { readonly judgement: Judgement; readonly permit: Permit; readonly place: { leave(): void } | null },
): Promise<Denial | null> {
  let { judgement, permit } = found;
  if (context.live.exchanges >= context.limits.requests) return denial("limit-reached", "too many requests at once");
  const { head, rule, leaks } = permit;
  const { search, drip: terms } = judgement.snapshot;
  const drip = (body: Uint8Array) => leaks.head(context.drip.body(rule.host, body, terms));
  const encoding = bodyEncoding(permit);
  if (typeof encoding !== "string") return encoding;
  const opaque = permit.opaque === "deny" ? createOpaqueWatch(contentTypeOf(head)) : null;
  if (head.body.kind !== "none") request.socket.setTimeout(context.limits.idleMs);
  const overrides = head.body.kind === "none" ? null : createOverrideGuard(permit.bodyMethods, head.headers);
  if (typeof overrides === "string") return denial("method-not-listed", `${overrides} may name another method`);
  // The head was judged: only now may the client send its body (attack row 67).
  if (head.expectsContinue) response.writeContinue();

  let whole: Buffer | null = null;
  let release = ignore;
  const small = head.body.kind === "length" && head.body.length <= WHOLE_BYTES;
  const asked = permit.asked !== null;
  if (head.body.kind !== "none" && (rule.body !== null || small || asked || permit.held)) {
    const most = asked ? context.limits.askedBytes : context.limits.judgedBytes;
    const limit = rule.body === null && !asked ? permit.bodyLimit : Math.min(permit.bodyLimit, most);
    const read = await readWhole(context, request, { search, leaks, opaque, encoding, limit, overrides, drip });
    if (read === null) return gone(response);
    if (!read.ok) {
      if (!asked || read.reason !== "body-too-large") return read;
      return { ...read, detail: `${read.detail}, the most that is held for the operator: list it in a rule` };
    }
    whole = read.bytes;
    release = read.release;
    request.socket.setTimeout(0);
  }
  try {
    const shape = rule.body;
    if (shape !== null) {
      const body = {
        method: head.method,
        path: head.target.path,
        contentType: contentTypeOf(head),
        contentEncoding: headerValues(head.headers, "content-encoding").join(", ") || null,
        bytes: whole ?? Buffer.alloc(0),
      };
      const judge = () => judgeBody(shape, body);
      // Big bodies take their turns, so that many of them at once do not stop everybody else (attack row 123).
      const problem = body.bytes.length <= WHOLE_BYTES ? judge() : await context.turns.take(judge);
      if (problem !== null) return denial("body-shape", problem.detail);
    }
    const held = asked || leaks.pending.length > 0;
    if (held) {
      const body = whole ?? Buffer.alloc(0);
      const place = found.place ?? context.asks.enter();
      if (place === null) return denial("ask-limit", "too many requests wait already");
      const question = { request, response, tunnel, judgement, permit, body };
      // Answered, it waits no more: a long response keeps no other request from being asked about.
      const answer = await askOperator(context, question).finally(() => place.leave());
      if (!answer.ok) return answer;
      ({ judgement, permit } = answer);
    }
    const sent = rebuild(permit);
    if ("ok" in sent) return sent;
    // A broken body may have ended the connection while the head was judged (attack row 48).
    if (request.socket.destroyed && !held) return gone(response);
    const admitted = request.socket.destroyed ? null : await admit(context, judgement, permit);
    if (admitted?.ok === false) return admitted;
    if (admitted === null || request.socket.destroyed) return gone(response, () => recordLeft(context, judgement));
    const streamed =
      head.body.kind === "none" || whole !== null
        ? null
        : streamBody(context, request, { search, leaks, opaque, encoding, limit: permit.bodyLimit, overrides, drip });
    const outgoing = { ...sent, destination: admitted.destination, whole, streamed };
    await forward(context, request, response, judgement, permit, outgoing);
    return null;
  } finally {
    release();
  }
}

/** How a body is encoded; a denial when it cannot be searched, by what the head says of it (attack rows 107, 112). */
function bodyEncoding({ head, rule, opaque }: Permit): BodyEncoding | "identity" | Denial {
  // A body rule denies encoded bodies in its own words.
  if (head.body.kind === "none" || rule.body !== null) return "identity";
  const value = headerValues(head.headers, "content-encoding").join(", ");
  const encoding = contentEncodingOf(value);
  if (encoding === null || (opaque === "deny" && encoding !== "identity"))
    return denial("body-unreadable", `Content-Encoding ${value.slice(0, 100)}`);
  const what = opaque === "deny" ? opaqueType(contentTypeOf(head)) : null;
  return what === null ? encoding : denial("body-unreadable", what);
}

function contentTypeOf({ headers }: RequestHead): string | null {
  return headerValues(headers, "content-type").join(", ") || null;
}

/** The request as it will be sent: fields rebuilt, credentials written last. */
function rebuild(permit: Permit): Pick<Outgoing, "headers" | "path"> | Denial {
  const { facts, head } = permit;
  // Also where its tokens are counted: nothing is decoded for that.
  const identity = permit.credentials.length > 0 || asksModel(permit);
  const hostField = formatHostField(facts.authority, facts.scheme);
  let slots = { headers: rebuildRequestHeaders(head, { hostField, identity }), query: facts.query };
  for (const { binding, secret } of permit.credentials) {
    const written = applyCredential(binding, secret, slots);
    if (!written.ok) return denial("credential-unavailable", `credential ${binding.name}: ${written.why}`);
    slots = written.slots;
  }
  return { headers: slots.headers, path: formatTarget(facts.path, slots.query) };
}

/** The client went away before anything was forwarded: nothing to answer. */
function gone(response: ServerResponse, tell = ignore): null {
  tell();
  response.destroy();
  return null;
}

function ignore(): void {}
