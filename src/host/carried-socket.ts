import type { Socket } from "node:net";
import { CARRIED_PIECE, type CarriedMessage } from "../core/wire/carried-message.ts";

/** A socket whose other half is at the far end of a stream that it shares with others. */
export interface CarriedSocket {
  /** What the far end says about it. False when that is against the rules: the stream is not to be trusted any more. */
  take(message: CarriedMessage): boolean;
  /** Ends it at once, without a word: the stream is gone, or the far end knows. Idempotent. */
  destroy(): void;
  /** Ends it at once and says so. Idempotent. */
  drop(): void;
}

/** Bytes on their way to the far end which it has not handed on yet; more wait in the socket's own peer. */
const WINDOW = 256 << 10;
/** What a far end may have on its way to us: its socket gives it one more piece after the window is full. */
const MOST_OWED = 2 * WINDOW;

/**
 * Carries `socket` over a stream: `say` sends a message there, `take` gets those of the far end, `onGone` is called once
 * when both directions have ended or it broke. The far end holds at most its window, so neither a slow reader nor a
 * fast writer fills the stream for the others. The socket must allow half-open connections.
 */
export function carrySocket(
  socket: Socket,
  connection: number,
  say: (message: CarriedMessage) => void,
  onGone: () => void,
): CarriedSocket {
  let ahead = 0;
  let owed = 0;
  let saidEnd = false;
  let heardEnd = false;
  let gone = false;
  const finish = () => {
    if (gone) return;
    gone = true;
    onGone();
  };
  const destroy = () => {
    finish();
    socket.destroy();
  };
  const drop = () => {
    if (!gone) say({ type: "drop", connection });
    destroy();
  };
  socket.on("data", (chunk: Buffer) => {
    if (gone) return;
    for (let at = 0; at < chunk.length; at += CARRIED_PIECE) {
      say({ type: "data", connection, bytes: chunk.subarray(at, at + CARRIED_PIECE) });
    }
    ahead += chunk.length;
    if (ahead >= WINDOW) socket.pause();
  });
  socket.on("end", () => {
    if (gone) return;
    saidEnd = true;
    say({ type: "end", connection });
  });
  socket.on("error", () => {}); // "close" follows
  socket.on("close", () => (saidEnd && heardEnd ? finish() : drop()));

  return {
    take: (message) => {
      if (gone) return true;
      switch (message.type) {
        case "data": {
          const { bytes } = message;
          owed += bytes.length;
          if (heardEnd || owed > MOST_OWED) return false;
          socket.write(bytes, (error) => {
            owed -= bytes.length;
            if (!error && !gone) say({ type: "took", connection, count: bytes.length });
          });
          return true;
        }
        case "took":
          ahead -= message.count;
          if (ahead < 0) return false;
          if (ahead < WINDOW) socket.resume();
          return true;
        case "end":
          if (heardEnd) return false;
          heardEnd = true;
          socket.end();
          return true;
        case "drop":
          destroy();
          return true;
      }
    },
    destroy,
    drop,
  };
}
