import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Socket, type Server as TcpServer } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";
import { type BottleCa, createBottleCa } from "../../../src/gateway/certificate/bottle-ca.ts";

/** The CA that signs the origins of tests; the gateway under test trusts it through `upstreamCaPem`. */
export const originCa: BottleCa = createBottleCa("origins");

/** One request as an origin saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Origin {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Connections accepted so far. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** An origin that records each request and answers as `respond` says; it reflects head and body by default. */
export async function openOrigin(
  options: { readonly tls?: boolean; readonly certificateFor?: string; readonly respond?: RequestListener } = {},
): Promise<Origin> {
  const seen: SeenRequest[] = [];
  let accepted = 0;
  const listener: RequestListener = (request, response) => {
    if (options.respond !== undefined && request.headers["x-unread"] !== undefined) {
      options.respond(request, response);
      return;
    }
    const pieces: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { method = "", url = "", rawHeaders, headers } = request;
      const body = Buffer.concat(pieces);
      seen.push({ method, url, rawHeaders, headers, body });
      if (options.respond !== undefined) options.respond(request, response);
      else response.end(JSON.stringify({ method, url, rawHeaders, body: body.toString("latin1") }));
    });
  };
  const server: Server =
    options.tls === false
      ? createHttp(listener)
      : createHttps(
          {
            SNICallback: (name, done) => done(null, originCa.contextFor(options.certificateFor ?? name)),
            ALPNProtocols: ["http/1.1"],
          },
          listener,
        );
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (_, socket) => socket.destroy());
  const port = await listenOn(server);
  return { port, seen, accepted: () => accepted, close: () => shut(server, sockets) };
}

/** An origin that speaks raw bytes after TLS (or at once when `tls` is false); `groups` are those of its key exchange. */
export async function openRawOrigin(
  talk: (socket: Socket | TLSSocket) => void,
  options: { readonly tls?: boolean; readonly groups?: string } = {},
): Promise<Origin> {
  let accepted = 0;
  const sockets = new Set<Socket>();
  const take = (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    talk(socket);
  };
  const server: TcpServer =
    options.tls === false
      ? createTcp({ allowHalfOpen: true }, take)
      : createTls(
          { SNICallback: (name, done) => done(null, originCa.contextFor(name)), ecdhCurve: options.groups ?? "auto" },
          take,
        );
  const port = await listenOn(server);
  return { port, seen: [], accepted: () => accepted, close: () => shut(server, sockets) };
}

/** Listens on a free loopback port and returns it. */
export function listenOn(server: TcpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function shut(server: TcpServer, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
