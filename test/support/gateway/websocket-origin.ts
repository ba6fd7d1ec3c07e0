import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { frame, messagesOf, readFrames, type WholeFrame } from "../core/frames.ts";
import { HOST } from "./fixture.ts";
import { type Origin, openRawOrigin } from "./origin.ts";

export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** What a server answers to a key (RFC 6455 section 4.2.2). */
export const accept = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

/** A client's handshake for `/ws` at the host of the fixture. */
export const handshake = (more = ""): string =>
  `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${more}\r\n`;

/** An origin that speaks WebSocket. */
export interface WebSocketOrigin extends Origin {
  /** Heads of handshakes, as they came. */
  readonly heads: string[];
  /** All frames that came, of all connections; anything that is no frame of a client is not there. */
  frames(): readonly WholeFrame[];
  /** The same as messages. */
  messages(): readonly { readonly opcode: number; readonly text: string }[];
  /** Every byte behind the handshakes. */
  bytes(): Buffer;
}

export interface WebSocketOriginOptions {
  /** Header lines of the 101, each with its end. */
  readonly more?: string;
  readonly tls?: boolean;
  /** Bytes behind the 101, at once. */
  readonly greeting?: Uint8Array;
  /** Bytes to answer to one message with; an echo without this. */
  readonly answer?: (message: { readonly opcode: number; readonly text: string }) => Uint8Array;
}

export async function openWebSocketOrigin(options: WebSocketOriginOptions = {}): Promise<WebSocketOrigin> {
  const { more = "", tls = true, greeting, answer = echoed } = options;
  const heads: string[] = [];
  let all = Buffer.alloc(0);
  const origin = await openRawOrigin(
    (socket: Socket) => {
      let bytes = Buffer.alloc(0);
      let answered = 0;
      const take = (piece: Buffer) => {
        all = Buffer.concat([all, piece]);
        bytes = Buffer.concat([bytes, piece]);
        const messages = messagesOf(readFrames(bytes));
        for (const message of messages.slice(answered)) {
          socket.write(answer(message));
          if (message.opcode === 8) socket.end();
        }
        answered = messages.length;
      };
      socket.once("data", (head: Buffer) => {
        const text = head.toString("latin1");
        heads.push(text);
        const key = /sec-websocket-key: (\S+)/i.exec(text)?.[1] ?? "";
        const lines = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(key)}\r\n${more}\r\n`;
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}`);
        if (greeting !== undefined) socket.write(greeting);
        socket.on("data", take);
      });
    },
    { tls },
  );
  return {
    ...origin,
    heads,
    frames: () => readFrames(all),
    messages: () => messagesOf(readFrames(all)),
    bytes: () => all,
  };
}

function echoed({ opcode, text }: { readonly opcode: number; readonly text: string }): Buffer {
  const payload = Buffer.from(text, "latin1");
  return frame({ opcode: opcode === 9 ? 10 : opcode, payload, mask: null });
}
