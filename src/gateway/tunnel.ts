import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { searchHead } from "../core/leaks/head-search.ts";
import type { Authority } from "../core/model/authority.ts";
import { judgeClientHello } from "../core/policy/client-hello.ts";
import { decideTunnel } from "../core/policy/decide.ts";
import { packForTunnel } from "../core/policy/pack-hints.ts";
import { formatAuthority, parseAuthority, sameAuthority } from "../core/wire/authority.ts";
import { CLIENT_HELLO_LIMIT, type ClientHelloReading, readClientHello } from "../core/wire/client-hello.ts";
import { headerValues, readHeaderPairs } from "../core/wire/header-pairs.ts";
import { refuse } from "./admission.ts";
import type { GatewayContext } from "./context.ts";
import { describe } from "./failure.ts";
import { hostParts, rawParts } from "./head-parts.ts";
import { type InnerServer, inspect } from "./inspect.ts";
import { type Denial, denial, graver, type Judgement } from "./judgement.ts";
import { loadLateParts } from "./late-parts.ts";
import { createLeakWatch } from "./leak-watch.ts";
import type { OpenTunnel } from "./open-tunnel.ts";
import { alertAndEnd, end } from "./socket-end.ts";

/**
 * Serves one CONNECT: judges the target, answers 200, reads the ClientHello, then inspects or splices. `early` are
 * bytes that came before the 200; they are held and read as the beginning of the tunnel, never as a request (attack
 * row 60). Never rejects.
 */
export async function serveConnect(
  context: GatewayContext,
  inner: InnerServer,
  request: IncomingMessage,
  socket: Socket,
  early: Buffer,
): Promise<void> {
  context.counters.requests += 1;
  socket.on("error", ignore);
  // What the HTTP server set for idle connections does not hold in a tunnel.
  socket.setTimeout(0);
  socket.removeAllListeners("timeout");
  let judgement: Judgement | null = null;
  try {
    const snapshot = await context.snapshots.current();
    const named = {
      id: context.trail.nextId(),
      startedAt: context.now(),
      snapshot,
      mode: "none",
      method: "CONNECT",
      authority: null,
      target: null,
      rule: null,
    } as const;
    const reading = readConnect(request);
    if ("ok" in reading) {
      const found = searchHead(snapshot.search, rawParts(request));
      const outcome = graver(context, named.id, snapshot, found, reading);
      judgement = { ...named, authority: cut(request.url), outcome };
      return end(socket, refuse(context, judgement, outcome));
    }
    const authority = reading;
    const decision = decideTunnel(snapshot.policy, snapshot.guard, authority, context.now());
    // Before the name is looked up: a lookup tells it to who owns the domain (attack rows 42, 105).
    const found = searchHead(snapshot.search, hostParts(authority));
    const unlisted =
      decision.verdict === "deny" || decision.mode === null
        ? denial(decision.reason, decision.detail ?? null, {
            alert: decision.alert,
            pack: packForTunnel(decision.reason, authority),
          })
        : null;
    const terms = snapshot.leakTerms(decision.rules[0] ?? null);
    const denied =
      unlisted !== null
        ? graver(context, named.id, snapshot, found, unlisted)
        : (createLeakWatch(context, named.id, terms).head(found) ??
          (context.live.tunnels < context.limits.tunnels
            ? null
            : denial("limit-reached", "too many tunnels", { status: 503 })));
    const place = { authority: formatAuthority(authority), rule: decision.rule };
    if (denied !== null || decision.mode === null) {
      const refused = denied ?? denial("internal-error", "no mode");
      judgement = { ...named, ...place, outcome: refused };
      return end(socket, refuse(context, judgement, refused));
    }
    judgement = { ...named, ...place, mode: decision.mode, outcome: denial("internal-error", null) };
    await open(context, inner, socket, early, authority, decision.mode, judgement);
  } catch (error) {
    if (judgement === null) context.trail.session("internal-error", describe(error), null);
    else refuse(context, judgement, denial("internal-error", describe(error)));
    socket.destroy();
  }
}

/** Answers 200 and takes the tunnel to its end. */
async function open(
  context: GatewayContext,
  inner: InnerServer,
  socket: Socket,
  early: Buffer,
  authority: Authority,
  mode: "inspect" | "splice",
  judgement: Judgement,
): Promise<void> {
  const leave = context.live.add({
    kind: "tunnel",
    stillAllowed: ({ policy, guard }) => {
      const decision = decideTunnel(policy, guard, authority, context.now());
      return decision.verdict !== "deny" && decision.mode === mode;
    },
    cut: (why) => {
      const cause = why === "policy" ? "the policy changed" : "the gateway is closing";
      context.trail.session("tunnel-cut", `${judgement.id} ${judgement.authority ?? ""}: ${cause}`, null);
      socket.destroy();
    },
  });
  try {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const deadline = context.now() + context.limits.handshakeMs;
    const hello = await readHello(socket, early, context.limits.handshakeMs);
    if (hello === null) return;
    const problem = "ok" in hello ? hello : judgeClientHello(hello.hello, authority, mode);
    if (problem !== null) {
      const alert = problem.reason === "authority-mismatch";
      refuse(context, judgement, "ok" in problem ? problem : denial(problem.reason, problem.detail, { alert }));
      return alertAndEnd(socket);
    }
    if ("ok" in hello) return;
    const tunnel: OpenTunnel = { socket, authority, judgement, hello: hello.hello, helloBytes: hello.length };
    if (mode === "splice") await (await loadLateParts()).splice(context, tunnel);
    else await inspect(context, inner, tunnel, deadline - context.now());
  } finally {
    leave();
    socket.destroySoon();
  }
}

/** The target of a CONNECT, or what is wrong with its head. Attack rows 5, 9, 10, 47, 60. */
function readConnect(request: IncomingMessage): Authority | Denial {
  const headers = readHeaderPairs(request.rawHeaders);
  if (!headers.ok) {
    return headers.limit
      ? denial("limit-reached", headers.why, { status: 431 })
      : denial("request-malformed", headers.why, { status: 400 });
  }
  const framed = ["content-length", "transfer-encoding"].some((name) => headerValues(headers.headers, name).length > 0);
  if (framed) return denial("request-malformed", "CONNECT with a body", { status: 400 });
  const target = parseAuthority(request.url ?? "", null);
  if (!target.ok) return denial("authority-invalid", target.why, { status: 400 });
  const hosts = headerValues(headers.headers, "host");
  if (hosts.length > 1) return denial("request-malformed", "more than one Host field", { status: 400 });
  const [field] = hosts;
  if (field === undefined) return target.authority;
  const host = parseAuthority(field, target.authority.port);
  if (!host.ok) return denial("authority-invalid", host.why, { status: 400 });
  if (!sameAuthority(host.authority, target.authority)) {
    return denial("authority-mismatch", "Host is not the CONNECT target", { status: 400 });
  }
  return target.authority;
}

type FirstHello = Extract<ClientHelloReading, { state: "hello" }>;

/** Reads the ClientHello and puts it back; null when the client left. Attack rows 59, 127. */
function readHello(socket: Socket, early: Buffer, limitMs: number): Promise<FirstHello | Denial | null> {
  return new Promise((resolve) => {
    let received: Buffer = early;
    const settle = (result: FirstHello | Denial | null) => {
      clearTimeout(timer);
      socket.off("data", take);
      socket.off("end", gone);
      socket.off("close", gone);
      socket.pause();
      if (received.length > 0 && result !== null && !("ok" in result)) socket.unshift(received);
      resolve(result);
    };
    const judge = () => {
      const reading = readClientHello(received);
      if (reading.state === "hello") settle(reading);
      else if (reading.state === "invalid") settle(denial("tls-not-seen", reading.why));
      else if (received.length > CLIENT_HELLO_LIMIT) settle(denial("tls-not-seen", "the ClientHello is too long"));
    };
    const take = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      judge();
    };
    const gone = () => settle(null);
    const timer = setTimeout(() => settle(denial("tls-not-seen", `no ClientHello in ${limitMs} ms`)), limitMs);
    socket.on("data", take);
    socket.once("end", gone);
    socket.once("close", gone);
    if (received.length > 0) judge();
  });
}

function cut(text: string | undefined): string | null {
  return text === undefined ? null : text.slice(0, 300);
}

function ignore(): void {}
