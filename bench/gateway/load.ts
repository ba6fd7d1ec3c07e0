import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";

const folder = join(import.meta.dirname, "../../src/gateway");
const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
/** 64 KiB of our own sources. */
const SOURCE = Buffer.alloc(64 * 1024, sources.map((name) => readFileSync(join(folder, name), "utf8")).join("\n"));

/** How a client gets to the origin. */
export interface Route {
  readonly port: number;
  /** Whom the client trusts. */
  readonly caPem: string;
  readonly host: string;
  /** What it asks the proxy at `port` for; null: the origin itself listens there. */
  readonly target: string | null;
}

/** One keep-alive client. */
export interface LoadClient {
  /** False when the other side closed the connection, as some do after a few idle seconds. */
  isOpen(): boolean;
  /** Sends one request and resolves with the bytes of the response's body. */
  request(text: string): Promise<number>;
  /** Posts `bytes` of text like that of a source, as fast as they are taken. */
  upload(path: string, host: string, bytes: number): Promise<number>;
  close(): void;
}

/** CONNECT and TLS through a proxy, or TLS alone. Rejects when the proxy refuses. */
export async function openClient({ port, target, host, caPem }: Route): Promise<LoadClient> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const raw = connect(port, "127.0.0.1", () => {
      raw.setNoDelay(true);
      if (target === null) return resolve(raw);
      raw.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      raw.once("data", (head: Buffer) => {
        if (head.includes(" 200 ")) resolve(raw);
        else reject(new Error(head.toString()));
      });
    });
    raw.once("error", reject);
  });
  const secured = await new Promise<TLSSocket>((resolve, reject) => {
    const tls = connectTls({ socket, servername: host, ca: caPem, ALPNProtocols: ["http/1.1"] }, () => resolve(tls));
    tls.once("error", reject);
  });
  let waiting: { resolve(bytes: number): void; reject(error: Error): void } | null = null;
  let left = -1;
  let length = 0;
  secured.on("data", (piece: Buffer) => {
    let body = piece.length;
    if (left < 0) {
      const end = piece.indexOf("\r\n\r\n");
      const head = piece.toString("latin1", 0, end);
      length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (end < 0 || !head.startsWith("HTTP/1.1 200") || Number.isNaN(length)) {
        waiting?.reject(new Error(`unexpected response: ${head}`));
        return;
      }
      left = length;
      body = piece.length - end - 4;
    }
    left -= body;
    if (left > 0) return;
    left = -1;
    waiting?.resolve(length);
  });
  let closed = false;
  const fail = () => {
    closed = true;
    waiting?.reject(new Error("the proxy closed the connection"));
  };
  secured.on("error", fail);
  secured.on("close", fail);
  return {
    isOpen: () => !closed,
    request: (text) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error("the proxy closed an idle connection"));
        waiting = { resolve, reject };
        secured.write(text);
      }),
    upload: (path, host, bytes) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error("the proxy closed an idle connection"));
        waiting = { resolve, reject };
        secured.write(
          `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`,
        );
        let left = bytes;
        const more = (): void => {
          while (left > 0 && !closed) {
            const piece = SOURCE.subarray(0, Math.min(left, SOURCE.length));
            left -= piece.length;
            if (!secured.write(piece)) {
              secured.once("drain", more);
              return;
            }
          }
        };
        more();
      }),
    close: () => secured.destroy(),
  };
}

/** A request like those of a client library; `bodyBytes` of JSON-like text when positive. */
export function requestText(path: string, host: string, bodyBytes = 0): string {
  const head = `${bodyBytes > 0 ? "POST" : "GET"} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nAccept-Language: en\r\nAuthorization: Bearer sk-bench-placeholder-0123456789\r\n`;
  if (bodyBytes === 0) return `${head}\r\n`;
  const text = JSON.stringify({ text: "the quick brown fox jumps over the lazy dog " });
  const body = text.repeat(Math.ceil(bodyBytes / text.length)).slice(0, bodyBytes);
  return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
