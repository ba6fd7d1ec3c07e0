import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server as NetServer, Socket } from "node:net";
import type { Authority } from "../core/model/authority.ts";
import { refusal } from "../core/policy/refusal.ts";
import { formatAuthority } from "../core/wire/authority.ts";
import { refuse } from "./admission.ts";
import type { GatewayContext } from "./context.ts";
import { describe } from "./failure.ts";
import { unreadTarget } from "./head-parts.ts";
import { createHttpServer } from "./http-server.ts";
import { createInnerServer, type InnerServer } from "./inspect.ts";
import { denial, type Judgement } from "./judgement.ts";
import { withLateParts } from "./late-parts.ts";
import { http } from "./node-http.ts";
import { end, refusalText } from "./socket-end.ts";
import { serveConnect } from "./tunnel.ts";

export interface Attached {
  readonly connections: number;
  /** Takes no more connections and cuts those there are. */
  close(): void;
}

/**
 * Serves the bottle's one listener: absolute-form and CONNECT are egress, origin-form goes to the service of its first
 * path segment, everything else is refused. `listener` is listening already, inside the bottle's network namespace.
 */
export function attach(context: GatewayContext, listener: NetServer): Attached {
  const outer = createHttpServer(context.limits);
  const inner: InnerServer = createInnerServer(createHttpServer(context.limits), {
    request: (request, response, tunnel) => serveRequest(context, request, response, tunnel),
    upgrade: (request, socket, early, tunnel) => serveUpgrade(context, request, socket, early, tunnel),
    connect: (request, socket, tunnel) => refuseNested(context, request, socket, tunnel),
    malformed: (error, socket, tunnel) => refuseMalformed(context, error, socket, tunnel),
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith("/") === true) serveOrigin(context, request, response);
    else serveRequest(context, request, response, null);
  };
  outer.on("request", onRequest);
  outer.on("checkContinue", onRequest);
  outer.on("checkExpectation", onRequest);
  outer.on("upgrade", (request: IncomingMessage, socket: Socket, early: Buffer) => {
    serveUpgrade(context, request, socket, early, null);
  });
  outer.on("connect", (request: IncomingMessage, socket: Socket, early: Buffer) => {
    void serveConnect(context, inner, request, socket, early);
  });
  outer.on("clientError", (error: Error, socket: Socket) => refuseMalformed(context, error, socket, null));

  const sockets = new Set<Socket>();
  const onConnection = (socket: Socket) => {
    socket.on("error", ignore);
    if (sockets.size >= context.limits.connections) {
      const id = context.trail.nextId();
      end(socket, { ...refusal("limit-reached", id, null), status: 503 });
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    // Clients that end their side after the request still want the response.
    socket.allowHalfOpen = true;
    outer.emit("connection", socket);
  };
  listener.on("connection", onConnection);
  return {
    get connections() {
      return sockets.size;
    },
    close: () => {
      listener.off("connection", onConnection);
      // Connections that were accepted but not seen yet.
      listener.on("connection", (socket: Socket) => socket.destroy());
      listener.close();
      for (const server of [outer, inner]) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serveRequest(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
  tunnel: Authority | null,
): void {
  // A client that leaves before there is somebody to see it must not end the process.
  request.on("error", ignore);
  response.on("error", ignore);
  withLateParts(
    (parts) => void parts.serveRequest(context, request, response, tunnel),
    (error) => fail(context, response, error),
  );
}

function serveUpgrade(
  context: GatewayContext,
  request: IncomingMessage,
  socket: Socket,
  early: Buffer,
  tunnel: Authority | null,
): void {
  socket.on("error", ignore);
  withLateParts(
    (parts) => void parts.serveUpgrade(context, request, socket, early, tunnel),
    (error) => fail(context, socket, error),
  );
}

/** Our own fault: the client gets nothing (attack row 127). */
function fail(context: GatewayContext, to: ServerResponse | Socket, error: unknown): void {
  context.trail.session("internal-error", describe(error), null);
  to.destroy();
}

/** Origin-form: a service of the bottle, or nothing. */
function serveOrigin(context: GatewayContext, request: IncomingMessage, response: ServerResponse): void {
  request.on("error", ignore);
  response.on("error", ignore);
  const segment = /^\/([a-z][a-z0-9-]*)(?:[/?]|$)/.exec(request.url ?? "")?.[1];
  const service = segment === undefined ? undefined : context.services.get(segment);
  if (service !== undefined) {
    if (request.headers.expect !== undefined) response.writeContinue();
    service(request, response);
    return;
  }
  const judgement = nameless(context, request.method ?? null, request.url ?? null);
  const denied = denial("host-not-listed", "origin-form, and no service has this path", { status: 404 });
  const refused = refuse(context, judgement, denied);
  withLateParts(
    (parts) => parts.answer(request, response, refused),
    (error) => fail(context, response, error),
  );
}

/** CONNECT inside an inspected tunnel (attack row 57). */
function refuseNested(context: GatewayContext, request: IncomingMessage, socket: Socket, tunnel: Authority): void {
  socket.on("error", ignore);
  const judgement = { ...nameless(context, "CONNECT", request.url ?? null), authority: formatAuthority(tunnel) };
  const denied = denial("method-refused", "CONNECT inside a tunnel", { status: 405 });
  end(socket, refuse(context, judgement, denied));
}

/** Connections that were refused for their bytes: what still comes on them is the rest of the same. */
const refusedSockets = new WeakSet<Socket>();

/** Bytes that are not HTTP/1.1 as we read it: 400, 408 or 431 where that can still be said, then the end. */
function refuseMalformed(context: GatewayContext, error: Error, socket: Socket, tunnel: Authority | null): void {
  const code: unknown = Reflect.get(error, "code");
  if (socket.destroyed || code === "ECONNRESET" || code === "EPIPE") {
    socket.destroy();
    return;
  }
  if (refusedSockets.has(socket)) return;
  refusedSockets.add(socket);
  const judgement = { ...nameless(context, null, null), authority: tunnel === null ? null : formatAuthority(tunnel) };
  const limit = code === "HPE_HEADER_OVERFLOW" || code === "HPE_CHUNK_EXTENSIONS_OVERFLOW";
  const late = code === "ERR_HTTP_REQUEST_TIMEOUT";
  const status = late ? 408 : limit ? 431 : 400;
  const denied = denial(limit || late ? "limit-reached" : "request-malformed", String(code), { status });
  const answering: unknown = Reflect.get(socket, "_httpMessage");
  if (answering instanceof http.ServerResponse || !socket.writable) {
    // A request is being judged or forwarded: it ends now, before more of it happens.
    const refused = refuse(context, judgement, denied);
    if (answering instanceof http.ServerResponse && !answering.headersSent && socket.writable) {
      socket.write(refusalText(refused));
    }
    socket.destroy();
    return;
  }
  end(socket, refuse(context, judgement, denied));
}

function nameless(context: GatewayContext, method: string | null, target: string | null): Judgement {
  return {
    id: context.trail.nextId(),
    startedAt: context.now(),
    snapshot: context.snapshots.latest(),
    mode: "none",
    method,
    authority: null,
    target: target === null ? null : unreadTarget(target.slice(0, 2048)),
    rule: null,
    outcome: denial("request-malformed", null),
  };
}

function ignore(): void {}
