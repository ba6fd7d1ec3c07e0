import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Refusal } from "../core/policy/refusal.ts";

/** Fatal access_denied (RFC 8446 section 6.2) in a plaintext record: clients say so instead of hanging. */
const ACCESS_DENIED = Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x31]);

/** Ends a tunnel in which the client expects TLS. */
export function alertAndEnd(socket: Socket): void {
  if (!socket.destroyed) socket.end(ACCESS_DENIED);
}

/** Writes a refusal on a socket that no HTTP server holds any more, and closes it. */
export function end(socket: Socket, refusal: Refusal): void {
  endWith(socket, refusalText(refusal));
}

/** Writes the last bytes of a connection and closes it. */
export function endWith(socket: Duplex, bytes: Uint8Array): void {
  if (socket.destroyed) return;
  socket.end(bytes);
  // What still comes is dropped, so that the close does not turn into a reset before the refusal was read.
  socket.resume();
  setTimeout(() => socket.destroy(), 1000).unref();
}

/** A refusal as the last response of a connection. A 426 must name a protocol (RFC 9110 15.5.22): the one in use. */
export function refusalText(refusal: Refusal): Buffer {
  const lines = refusal.headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const connection = refusal.status === 426 ? "Upgrade: HTTP/1.1\r\nConnection: close, Upgrade" : "Connection: close";
  const head = `HTTP/1.1 ${refusal.status} Refused\r\n${lines}${connection}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), refusal.body]);
}
