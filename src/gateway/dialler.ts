import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureContext, type TLSSocket } from "node:tls";
import type { DialTarget } from "../core/model/policy.ts";
import type { ConnectTarget, Destination } from "./destination.ts";
import { describe, upstreamFailure } from "./failure.ts";
import type { Roots } from "./roots.ts";

/** Opens a connection to exactly this target; returns the connecting socket. */
export type Connect = (target: ConnectTarget) => Socket;

/**
 * Opens a connection to where a rule says to dial, from wherever that place can be reached; resolves with a connected
 * socket. Rejects with an UpstreamFailure, within a bounded time.
 */
export type ConnectDialled = (dial: DialTarget) => Promise<Socket>;

export interface Dialler {
  /** Connects to the first target that answers. Rejects with an UpstreamFailure. */
  open(destination: Destination): Promise<Socket>;
  /** The same, then TLS with the authority's host as name, verified. */
  openTls(destination: Destination): Promise<TLSSocket>;
}

/** The dialler of the operating system: no name is ever resolved here. */
export const systemConnect: Connect = (target) =>
  target.kind === "unix"
    ? connectTcp({ path: target.path, allowHalfOpen: true })
    : connectTcp({ host: target.address, port: target.port, allowHalfOpen: true, autoSelectFamily: false });

/**
 * Connects to judged targets only, each attempt and each handshake within `connectMs`. `connectDialled` is for places
 * that a rule's `dial` names; null: as any other.
 */
export function createDialler(
  connect: Connect,
  roots: Roots,
  connectMs: number,
  connectDialled: ConnectDialled | null = null,
): Dialler {
  let wide = false;
  const open = async (destination: Destination): Promise<Socket> => {
    if (destination.dial !== null && connectDialled !== null) {
      const socket = await connectDialled(destination.dial);
      // As below: without any listener an error would end the process (attack row 127).
      socket.on("error", ignore);
      return socket;
    }
    let failure: unknown = upstreamFailure("upstream-unreachable", "no address to connect to");
    for (const target of destination.targets) {
      try {
        return await established(connect(target), "connect", connectMs);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
  const secure = async (destination: Destination, context: SecureContext | null): Promise<TLSSocket> => {
    const socket = await open(destination);
    const { host, kind } = destination.authority;
    const secured = connectTls({
      socket,
      // The certificate is checked for `host`; an address has no SNI (RFC 6066 section 3).
      host,
      ...(kind === "name" ? { servername: host } : {}),
      ...(context === null ? {} : { secureContext: context }),
      ALPNProtocols: ["http/1.1"],
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
    });
    await established(secured, "secureConnect", connectMs);
    if (!secured.authorized) {
      secured.destroy();
      throw upstreamFailure("upstream-tls", "the upstream's certificate was not verified");
    }
    return secured;
  };
  return {
    open,
    openTls: async (destination) => {
      if (destination.caPem !== null) return secure(destination, roots.only(destination.caPem));
      if (wide) return secure(destination, roots.wide());
      try {
        return await secure(destination, roots.usual);
      } catch (error) {
        if (!UNKNOWN_ISSUER.test(error instanceof Error ? error.message : "")) throw error;
        const secured = await secure(destination, roots.wide());
        wide = true;
        return secured;
      }
    },
  };
}

const UNKNOWN_ISSUER = /UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF/;

/** Waits for `event`; destroys the socket and rejects on error, close or after `limitMs`. */
export function established<T extends Socket>(
  socket: T,
  event: "connect" | "secureConnect",
  limitMs: number,
): Promise<T> {
  const tls = event === "secureConnect";
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail(upstreamFailure("upstream-timeout", `${event} took longer than ${limitMs} ms`));
    }, limitMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.off(event, done);
      socket.off("error", failed);
      socket.off("close", closed);
      socket.on("error", ignore);
      socket.destroy();
      reject(error);
    };
    const failed = (error: Error) => fail(upstreamFailure(reasonFor(error, tls), describe(error)));
    const closed = () => fail(upstreamFailure("upstream-unreachable", `closed before ${event}`));
    const done = () => {
      clearTimeout(timer);
      socket.off("error", failed);
      socket.off("close", closed);
      // Whoever uses the socket listens too; without any listener an error would end the process (attack row 127).
      socket.on("error", ignore);
      socket.setNoDelay(true);
      resolve(socket);
    };
    socket.once(event, done);
    socket.once("error", failed);
    socket.once("close", closed);
  });
}

function reasonFor(error: Error, tls: boolean): "upstream-tls" | "upstream-timeout" | "upstream-unreachable" {
  const code: unknown = Reflect.get(error, "code");
  if (code === "ETIMEDOUT") return "upstream-timeout";
  return tls && code !== "ECONNRESET" ? "upstream-tls" : "upstream-unreachable";
}

const ignore = () => {};
