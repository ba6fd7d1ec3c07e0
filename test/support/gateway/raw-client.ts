import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";

/** A client that writes bytes and reads what comes, with deadlines. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Everything received so far, Latin-1. */
  received(): string;
  /**
   * Resolves with all that was received once `text` is in it, whole or in chunks (RFC 9112 section 7.1: where they end
   * says nothing); rejects when the connection ends or time runs out.
   */
  until(text: string | RegExp, limitMs?: number): Promise<string>;
  /** Resolves with everything when the other side has closed. */
  closed(limitMs?: number): Promise<string>;
  /** Forgets what was received. */
  clear(): void;
  end(): void;
}

/** Wraps a socket; errors count as a close. */
function rawClient(socket: Socket): RawClient {
  let text = "";
  let over = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  socket.on("error", () => {});
  socket.on("data", (piece: Buffer) => {
    text += piece.toString("latin1");
    wake();
  });
  for (const event of ["end", "close"] as const) {
    socket.on(event, () => {
      over = true;
      wake();
    });
  }
  const wait = (done: () => boolean, what: string, limitMs: number, endIsFine: boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        waiting.delete(check);
        settle();
      };
      const check = () => {
        if (done()) finish(() => resolve(text));
        else if (over && !endIsFine) finish(() => reject(new Error(`closed before ${what}: ${JSON.stringify(text)}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${what} in ${limitMs} ms: ${JSON.stringify(text.slice(0, 2000))}`))),
        limitMs,
      );
      waiting.add(check);
      check();
    });
  return {
    socket,
    send: (bytes) => {
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    },
    received: () => text,
    until: (wanted, limitMs = 30_000) => {
      const found = () =>
        typeof wanted === "string"
          ? text.includes(wanted) || text.replace(/\r\n[0-9a-f]+\r\n/g, "").includes(wanted)
          : wanted.test(text);
      return wait(found, String(wanted), limitMs, false);
    },
    closed: (limitMs = 30_000) => wait(() => over, "close", limitMs, true),
    clear: () => {
      text = "";
    },
    end: () => socket.destroy(),
  };
}

/** Connects to a loopback port. */
export function openRaw(port: number): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.off("error", reject);
      resolve(rawClient(socket));
    });
    socket.once("error", reject);
  });
}

/** CONNECT through the gateway; resolves the client after the response head, whatever it says. */
export async function openTunnel(port: number, target: string, more = ""): Promise<RawClient> {
  const client = await openRaw(port);
  client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${more}\r\n`);
  await client.until("\r\n\r\n");
  return client;
}

/** TLS inside an open tunnel; rejects when the handshake fails. */
export function openTls(tunnel: RawClient, options: ConnectionOptions): Promise<RawClient> {
  tunnel.socket.removeAllListeners("data");
  return new Promise((resolve, reject) => {
    const secured: TLSSocket = connectTls({ socket: tunnel.socket, ...options }, () => {
      secured.off("error", reject);
      resolve(rawClient(secured));
    });
    secured.once("error", reject);
    secured.once("close", () => reject(new Error("closed in the handshake")));
  });
}

/** A minimal ClientHello record; `extensions` are type and body. */
export function clientHello(extensions: readonly (readonly [number, Buffer])[]): Buffer {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const listed = Buffer.concat(extensions.map(([type, body]) => Buffer.concat([u16(type), u16(body.length), body])));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    u16(2),
    u16(0x1301),
    Buffer.from([1, 0]),
    u16(listed.length),
    listed,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 1]), u16(handshake.length), handshake]);
}

/** The server_name extension for `name`. */
export function serverName(name: string): readonly [number, Buffer] {
  const host = Buffer.from(name, "latin1");
  const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  return [0, Buffer.concat([u16(host.length + 3), Buffer.from([0]), u16(host.length), host])];
}
