import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Authority } from "../core/model/authority.ts";
import type { Refusal } from "../core/policy/refusal.ts";
import { isModelSocket } from "../core/usage/endpoint.ts";
import { formatHostField } from "../core/wire/authority.ts";
import { flattenHeaders, headerValues, withoutHeaders } from "../core/wire/header-pairs.ts";
import { rebuildResponseHeaders, rebuildUpgradeHeaders } from "../core/wire/rebuild.ts";
import { formatTarget } from "../core/wire/target.ts";
import { applyCredential } from "../credentials/scheme.ts";
import { admit, record, refusalOf, refuse } from "./admission.ts";
import { type AnswerTerms, answerHeaders } from "./answer-headers.ts";
import type { GatewayContext } from "./context.ts";
import type { Destination } from "./destination.ts";
import { describe, reasonOf, upstreamFailure } from "./failure.ts";
import { answerTerms, type Denial, denial, type Judgement, judgeRequest, type Permit } from "./judgement.ts";
import { relayMessages } from "./message-relay.ts";
import { latin1 } from "./response-relay.ts";
import { end } from "./socket-end.ts";

/**
 * Serves one Upgrade. Only a WebSocket that a rule lists is opened, and bytes are relayed only after a real 101 with the
 * right Sec-WebSocket-Accept (attack rows 53, 55, 56); everything else is refused at once, so that clients fall back.
 */
export async function serveUpgrade(
  context: GatewayContext,
  request: IncomingMessage,
  socket: Socket,
  early: Buffer,
  tunnel: Authority | null,
): Promise<void> {
  context.counters.requests += 1;
  socket.on("error", ignore);
  socket.setTimeout(0);
  let judgement: Judgement | null = null;
  try {
    judgement = await judgeRequest(context, request, tunnel);
    const denied = await open(context, judgement, socket, early);
    if (denied !== null) end(socket, ofUpgrade(refuse(context, judgement, denied)));
  } catch (error) {
    if (judgement === null) context.trail.session("internal-error", describe(error), null);
    else record(context, judgement, denial("internal-error", describe(error)));
    socket.destroy();
  }
}

/** A rule that lists only `POST` forbids the upgrade too: whatever forbids it, clients learn from a 426 to do without. */
function ofUpgrade(refusal: Refusal): Refusal {
  return refusal.status === 403 ? { ...refusal, status: 426 } : refusal;
}

async function open(
  context: GatewayContext,
  judgement: Judgement,
  socket: Socket,
  early: Buffer,
): Promise<Denial | null> {
  const permit = judgement.outcome;
  if (!permit.ok) return permit;
  if (permit.asked !== null) return denial("upgrade-refused", "nobody is asked about a WebSocket");
  const { head, facts } = permit;
  if (head.upgrade !== "websocket" || head.body.kind !== "none") return denial("upgrade-refused", "not a WebSocket");
  // Clients fall back to plain requests, of which what they use is counted.
  if (judgement.snapshot.policy.models !== undefined && isModelSocket(facts.path))
    return denial("upgrade-refused", "a bottle with a budget has no WebSockets to models");
  if (context.live.tunnels >= context.limits.tunnels)
    return denial("limit-reached", "too many tunnels", { status: 503 });
  const [key] = headerValues(head.headers, "sec-websocket-key");
  if (key === undefined) return denial("request-malformed", "no Sec-WebSocket-Key", { status: 400 });
  const hostField = formatHostField(facts.authority, facts.scheme);
  let slots = { headers: rebuildUpgradeHeaders(head, { hostField }), query: facts.query };
  for (const { binding, secret } of permit.credentials) {
    const written = applyCredential(binding, secret, slots);
    if (!written.ok) return denial("credential-unavailable", `credential ${binding.name}: ${written.why}`);
    slots = written.slots;
  }
  const admitted = await admit(context, judgement, permit);
  if (!admitted.ok) return admitted;
  // The client writes these two itself.
  const headers = flattenHeaders(withoutHeaders(slots.headers, new Set(["connection", "upgrade"])));
  const path = formatTarget(facts.path, slots.query);
  await exchange(context, judgement, permit, { socket, early, key, headers, path, destination: admitted.destination });
  return null;
}

interface Handshake {
  readonly socket: Socket;
  readonly early: Buffer;
  readonly key: string;
  readonly headers: string[];
  readonly path: string;
  readonly destination: Destination;
}

/** Sends the handshake, relays frames after a 101; resolves when it is over. */
function exchange(context: GatewayContext, judgement: Judgement, permit: Permit, handshake: Handshake): Promise<void> {
  const { socket, early } = handshake;
  const { snapshot } = judgement;
  const terms = answerTerms(judgement, permit);
  context.counters.allowed += 1;
  return new Promise((resolve) => {
    let upstream: Duplex | null = null;
    let controller: Dispatcher.DispatchController | null = null;
    let status: number | null = null;
    const counts = { bytesOut: 0, bytesIn: 0, scrubbed: 0 };
    let over = false;
    const finish = (failure: string | null, told = false) => {
      if (over) return;
      over = true;
      leave();
      context.counters.bytesOut += counts.bytesOut;
      context.counters.bytesIn += counts.bytesIn;
      const ms = context.now() - judgement.startedAt;
      const findings = permit.leaks.findings.filter(({ where }) => where === "message");
      // Nobody reads its messages for what they used.
      if (status === 101 && isModelSocket(permit.facts.path))
        context.trail.usage({ id: judgement.id, model: null, tokens: null, complete: false });
      context.trail.result({ id: judgement.id, status, ...counts, ms, error: failure, findings }, snapshot.hidden);
      if (!told) {
        upstream?.destroy();
        if (upstream !== null) socket.destroySoon();
      }
      resolve();
    };
    const fail = (error: unknown) => {
      const reason = reasonOf(error);
      if (!over && upstream === null) end(socket, refusalOf(context, judgement, { reason, status: null }));
      finish(`${reason}: ${describe(error)}`);
    };
    const leave = context.live.add({
      kind: "tunnel",
      stillAllowed: permit.stillAllowed,
      cut: (why) => {
        // First: what is destroyed tells of its end too, and knows no reason.
        finish(`cut: ${why}`);
        socket.destroy();
        controller?.abort(new Error(why));
      },
    });
    // It may have left while the name was looked up; its close was told to nobody then.
    if (socket.destroyed) return finish("the client went away");
    socket.once("close", () => {
      controller?.abort(new Error("the client went away"));
      finish(null);
    });
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (control) => {
        controller = control;
        if (over) control.abort(new Error("the client went away"));
      },
      onRequestUpgrade: (control, code, _headers, opened) => {
        upstream = opened;
        status = code;
        opened.on("error", (error) => finish(describe(error)));
        opened.once("close", () => finish(null));
        const head = acceptedHead(latin1(control.rawHeaders), handshake.key, terms);
        if (code !== 101 || head === null || over) {
          upstream = null;
          opened.destroy();
          return fail(upstreamFailure("upstream-malformed", "no valid WebSocket handshake"));
        }
        counts.scrubbed += head.count;
        socket.write(head.text, "latin1");
        socket.setTimeout(context.limits.tunnelIdleMs, () => finish("nothing moved for too long"));
        relayMessages(
          {
            client: socket,
            upstream: opened,
            scrub: terms.scrub,
            search: snapshot.search,
            leaks: permit.leaks,
            turns: context.turns,
            limit: permit.bodyLimit,
            counts,
            onDenied: (denied) => {
              record(context, judgement, denied);
              // As in any other refusal: a canary that names itself is none.
              const [reason] = headerValues(refusalOf(context, judgement, denied).headers, "x-bot-bottle-reason");
              const type = denied.secretType === null ? "" : `: ${denied.secretType}`;
              return `bot-bottle refused this message (request ${judgement.id}, reason ${reason}${type})`;
            },
            onStopped: (why) => finish(why, true),
          },
          early,
        );
      },
      onResponseStart: (control, code) => {
        if (code < 200) return;
        status = code;
        control.abort(upstreamFailure("upgrade-refused", `the upstream answered ${code}`));
      },
      onResponseData: () => {},
      onResponseEnd: () => fail(upstreamFailure("upgrade-refused", "the upstream did not upgrade")),
      onResponseError: (_, error) => fail(error),
    };
    const { method } = permit.head;
    const { path, headers, destination } = handshake;
    context.upstream
      .dispatch(destination, snapshot.policy.version, { method, path, headers, upgrade: "websocket" }, handler)
      .catch(fail);
  });
}

/** The 101 to give to the client; null when the upstream's is not one (RFC 6455 section 4.1). Extensions were not offered. */
function acceptedHead(
  rawHeaders: readonly string[],
  key: string,
  terms: AnswerTerms,
): { readonly text: string; readonly count: number } | null {
  const reading = rebuildResponseHeaders(rawHeaders);
  if (!reading.ok) return null;
  const expected = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const accepted = headerValues(reading.headers, "sec-websocket-accept");
  if (accepted.length !== 1 || accepted[0] !== expected) return null;
  if (headerValues(reading.headers, "sec-websocket-extensions").length > 0) return null;
  const { headers, count } = answerHeaders(terms, reading.headers);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const start = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  return { text: `${start}${lines}\r\n`, count };
}

function ignore(): void {}
