import type { ClientHelloReading } from "./client-hello.ts";
import { readClientHello } from "./client-hello.ts";

/** The random by which a ServerHello is a HelloRetryRequest (RFC 8446 4.1.3): SHA-256 of that word. */
const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/** Type, length and version before it. */
const RANDOM_AT = 4 + 2;

/**
 * What the bytes that a server has sent so far begin with: `retry` asks the client for a second ClientHello in the clear,
 * after anything else there is none. Attack row 1.
 */
export function readServerStart(received: Uint8Array): "incomplete" | "retry" | "other" {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (;;) {
    const message = Buffer.concat(parts);
    if (message.length > 0 && message[0] !== 2) return "other";
    if (message.length >= RANDOM_AT + 32) {
      return message.toString("hex", RANDOM_AT, RANDOM_AT + 32) === RETRY_RANDOM ? "retry" : "other";
    }
    // More records than the message has bytes: nobody cuts it so.
    if (parts.length > RANDOM_AT + 32) return "other";
    if (offset < received.length && received[offset] !== 22) return "other";
    if (offset + 5 > received.length) return "incomplete";
    const end = offset + 5 + (((received[offset + 3] ?? 0) << 8) | (received[offset + 4] ?? 0));
    parts.push(received.subarray(offset + 5, end));
    offset = end;
  }
}

/**
 * The second ClientHello in what a client sends after a retry was asked for. Before it may stand a change of cipher that
 * means nothing (RFC 8446 D.4) and early data, which the server throws away (4.2.10).
 */
export function readSecondHello(received: Uint8Array): ClientHelloReading {
  let offset = 0;
  while (received[offset] === 20 || received[offset] === 23) {
    if (offset + 5 > received.length) return { state: "incomplete" };
    offset += 5 + (((received[offset + 3] ?? 0) << 8) | (received[offset + 4] ?? 0));
  }
  return offset >= received.length ? { state: "incomplete" } : readClientHello(received.subarray(offset));
}
