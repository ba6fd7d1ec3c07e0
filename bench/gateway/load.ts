import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** One keep-alive client in a tunnel through a proxy. */
export interface LoadClient {
  /** Sends one request and resolves with the bytes of the response's body. */
  request(text: string): Promise<number>;
  close(): void;
}

/** CONNECT `target` and TLS for `host` through the proxy at `port`. Rejects when the proxy refuses. */
export async function openClient(port: number, target: string, host: string, caPem: string): Promise<LoadClient> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const raw = connect(port, "127.0.0.1", () => {
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
    request: (text) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error("the proxy closed an idle connection"));
        waiting = { resolve, reject };
        secured.write(text);
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
