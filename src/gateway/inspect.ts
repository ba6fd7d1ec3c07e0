import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Authority } from "../core/model/authority.ts";
import type { GatewayContext } from "./context.ts";
import { describe } from "./failure.ts";
import type { OpenTunnel } from "./open-tunnel.ts";

/** A decrypted tunnel. */
export interface InnerTunnel {
  readonly authority: Authority;
  /** True once a request came through. */
  used: boolean;
}

/** The HTTP server that all inspected tunnels of one gateway share. */
export interface InnerServer {
  /** Reads requests from a decrypted tunnel. */
  adopt(socket: TLSSocket, tunnel: InnerTunnel): void;
  close(): void;
}

/**
 * Ends TLS on the bottle's side with a leaf for the CONNECT target and reads requests from it; resolves when the tunnel
 * is over. Only a target that the policy allows and that the ClientHello names gets here, so no other leaf is ever
 * minted (attack rows 1, 126).
 */
export function inspect(
  context: GatewayContext,
  inner: InnerServer,
  tunnel: OpenTunnel,
  handshakeMs: number,
): Promise<void> {
  const { socket, authority, judgement } = tunnel;
  return new Promise((resolve) => {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: context.ca.contextFor(authority.host),
      // HTTP/2 is not offered: its multiplexing would need a second parser (attack row 54).
      ALPNProtocols: ["http/1.1"],
    });
    let failure: string | null = null;
    let handshaken = false;
    const decrypted: InnerTunnel = { authority, used: false };
    const timer = setTimeout(
      () => {
        failure = "the handshake took too long";
        secured.destroy();
      },
      Math.max(handshakeMs, 1),
    );
    secured.on("error", (error) => {
      failure ??= describe(error);
    });
    secured.once("end", () => {
      if (!handshaken) secured.destroy();
    });
    secured.once("secure", () => {
      clearTimeout(timer);
      handshaken = true;
      inner.adopt(secured, decrypted);
    });
    // A client that ends the raw connection without a TLS close still ends the tunnel.
    socket.once("close", () => secured.destroy());
    secured.once("close", () => {
      clearTimeout(timer);
      socket.destroySoon();
      if (!decrypted.used) {
        // Most often a client that does not trust the bottle's CA: some say so, some just leave (attack row 103).
        const why = handshaken ? "the client left after the handshake without a request" : "the handshake failed";
        const detail = `${judgement.id} ${judgement.authority ?? ""}: ${why}${failure === null ? "" : ` (${failure})`}`;
        context.trail.session("tls-failed", detail, judgement.snapshot.hidden);
      }
      resolve();
    });
  });
}

export interface InnerHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse, tunnel: Authority) => void;
  readonly upgrade: (request: IncomingMessage, socket: Socket, early: Buffer, tunnel: Authority) => void;
  readonly connect: (request: IncomingMessage, socket: Socket, tunnel: Authority) => void;
  readonly malformed: (error: Error, socket: Socket, tunnel: Authority | null) => void;
}

/** Makes the shared inner server. `server` comes with the limits that hold for every HTTP server of the gateway. */
export function createInnerServer(server: Server, handlers: InnerHandlers): InnerServer {
  const tunnels = new WeakMap<object, InnerTunnel>();
  const targetOf = (socket: object): Authority => {
    const tunnel = tunnels.get(socket);
    if (tunnel === undefined) throw new Error("a request without a tunnel");
    tunnel.used = true;
    return tunnel.authority;
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    handlers.request(request, response, targetOf(request.socket));
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
  server.on("checkExpectation", onRequest);
  server.on("upgrade", (request: IncomingMessage, socket: Socket, early: Buffer) =>
    handlers.upgrade(request, socket, early, targetOf(socket)),
  );
  server.on("connect", (request: IncomingMessage, socket: Socket) =>
    handlers.connect(request, socket, targetOf(socket)),
  );
  server.on("clientError", (error: Error, socket: Socket) =>
    handlers.malformed(error, socket, tunnels.get(socket)?.authority ?? null),
  );
  return {
    adopt: (socket, tunnel) => {
      tunnels.set(socket, tunnel);
      server.emit("connection", socket);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
