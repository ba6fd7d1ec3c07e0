import type { Socket } from "node:net";
import { judgeClientHello } from "../core/policy/client-hello.ts";
import { decideTunnel } from "../core/policy/decide.ts";
import { admit, record } from "./admission.ts";
import type { GatewayContext } from "./context.ts";
import { describe, reasonOf } from "./failure.ts";
import { createHelloGate, type HelloGate } from "./hello-gate.ts";
import { denial } from "./judgement.ts";
import type { OpenTunnel } from "./open-tunnel.ts";
import { alertAndEnd } from "./socket-end.ts";

/**
 * Relays an undecrypted tunnel between client and the judged address; resolves when it is over. The decision line comes
 * after the ClientHello was judged, since only then the whole of what is allowed is known.
 */
export async function splice(context: GatewayContext, tunnel: OpenTunnel): Promise<void> {
  const { socket, authority, judgement } = tunnel;
  const { policy, guard, hidden } = judgement.snapshot;
  const [rule] = decideTunnel(policy, guard, authority).rules;
  if (rule === undefined) return;
  const facts = { scheme: "https", authority, method: "CONNECT", path: "", query: null, headers: [] } as const;
  const admitted = await admit(context, judgement, {
    rule,
    facts: { ...facts, upgrade: null, bodyLength: null },
    credentials: [],
    stillAllowed: (next) => decideTunnel(next.policy, next.guard, authority).mode === "splice",
  });
  if (!admitted.ok) {
    record(context, judgement, admitted);
    return alertAndEnd(socket);
  }
  context.counters.allowed += 1;
  let upstream: Socket | null = null;
  let failure: string | null = null;
  const gate = createHelloGate(tunnel.helloBytes, (hello) => {
    const problem = judgeClientHello(hello, authority, "splice");
    return problem === null ? null : denial(problem.reason, `second ClientHello: ${problem.detail}`, { alert: true });
  });
  try {
    upstream = await context.dialler.open(admitted.destination);
    const where = `https ${authority.host}:${authority.port} at ${upstream.remoteAddress ?? "unix"}`;
    context.trail.session("upstream-connected", where, hidden);
    const spend = (bytes: number): string | null => {
      context.counters.bytesOut += bytes;
      return context.counters.bytesOut > context.limits.bytesOut ? "the bottle has sent all that it may" : null;
    };
    if (!socket.destroyed) failure = await relay(socket, upstream, gate, context.limits.tunnelIdleMs, spend);
  } catch (error) {
    failure = `${reasonOf(error)}: ${describe(error)}`;
    alertAndEnd(socket);
  } finally {
    if (gate.denied !== null) record(context, judgement, gate.denied);
    upstream?.destroy();
    const bytesOut = upstream?.bytesWritten ?? 0;
    const bytesIn = upstream?.bytesRead ?? 0;
    context.counters.bytesIn += bytesIn;
    const ms = context.now() - judgement.startedAt;
    context.trail.result(
      { id: judgement.id, status: null, bytesOut, bytesIn, ms, scrubbed: 0, error: failure },
      hidden,
    );
  }
}

/**
 * Pipes both ways until both have ended or one broke; what broke, or null. Half-closed tunnels go on. `spend` is told of the
 * client's bytes and says when they are too many: nobody sees how long a spliced request is (attack row 123).
 */
function relay(
  client: Socket,
  upstream: Socket,
  gate: HelloGate,
  idleMs: number,
  spend: (bytes: number) => string | null,
): Promise<string | null> {
  return new Promise((resolve) => {
    let failure: string | null = null;
    const over = () => {
      if (!client.destroyed) client.destroySoon();
      if (!upstream.destroyed) upstream.destroySoon();
      resolve(failure);
    };
    const broken = (error: Error) => {
      failure ??= describe(error);
      client.destroy();
      upstream.destroy();
    };
    client.setTimeout(idleMs, () => broken(new Error(`nothing moved for ${idleMs} ms`)));
    client.once("error", broken);
    upstream.once("error", broken);
    // A close without an end (reset, cut by policy) must not leave the other side open.
    client.once("close", () => {
      upstream.destroySoon();
      over();
    });
    upstream.once("close", () => client.destroySoon());
    gate.out.once("error", (error) => {
      failure ??= describe(error);
      alertAndEnd(client);
      upstream.destroy();
    });
    gate.out.on("data", (chunk: Buffer) => {
      const over = spend(chunk.length);
      if (over !== null) broken(new Error(over));
    });
    client.pipe(gate.out).pipe(upstream);
    upstream.pipe(gate.back).pipe(client);
    if (client.destroyed) over();
  });
}
