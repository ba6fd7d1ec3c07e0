import type { Socket } from "node:net";
import { FRAME_PIECE, FRAME_WINDOW, type WayFrame, wayFrame } from "../../../core/wire/way-frames.ts";
import { type GatheredBytes, gatheredBytes } from "./gathered-bytes.ts";

/** The connections of one machine, each to a socket of its own on this side. */
export interface Connections {
  /** A frame from inside; null, or why it is against the rules. */
  take(frame: Exclude<WayFrame, { type: "read" }>): string | null;
  /** The next frame to say inside, or null: each connection that has something in its turn, and short words first. */
  next(): Uint8Array | null;
  /** Ends all at once. Idempotent. */
  close(): void;
}

/**
 * Sockets on this side: more than inside at a time, as one that is over there may not be here. Beyond it a connection is
 * dropped, as what is inside may be in anybody's hands.
 */
const MOST_SOCKETS = 1024;
/** Words that wait: six for each connection that is open inside, and as many more. Beyond it nobody reads them. */
const MOST_WORDS = 8192;
/** Bytes that were handed on before that is said. */
const THANKED = FRAME_WINDOW / 4;

interface Carried {
  readonly number: number;
  readonly socket: Socket;
  /** Bytes that may still go inside. */
  credit: number;
  /** Bytes from inside which the socket holds; more wait until it has handed them on. */
  held: number;
  readonly waiting: GatheredBytes;
  /** Bytes from inside that the socket took, and which was not said yet. */
  took: number;
  heardEnd: boolean;
  saidEnd: boolean;
}

/** `connect` begins a connection to the gateway, half-open allowed; `onWords` is told that `next` has some. */
export function openConnections(connect: () => Socket, onWords: () => void): Connections {
  const open = new Map<number, Carried>();
  const words: WayFrame[] = [];
  const ready = new Set<Carried>();
  let last = 0;
  let sockets = 0;
  let closed = false;

  const say = (frame: WayFrame) => {
    words.push(frame);
    onWords();
  };
  const forget = (one: Carried) => {
    ready.delete(one);
    return open.delete(one.number);
  };
  const wake = (one: Carried) => {
    if (open.get(one.number) !== one || (one.credit === 0 && one.socket.readableLength > 0)) return;
    ready.add(one);
    onWords();
  };
  const begin = (number: number) => {
    last = number;
    if (sockets >= MOST_SOCKETS) return say({ type: "drop", connection: number });
    sockets += 1;
    const socket = connect();
    const one: Carried = {
      number,
      socket,
      credit: FRAME_WINDOW,
      held: 0,
      waiting: gatheredBytes(),
      took: 0,
      heardEnd: false,
      saidEnd: false,
    };
    open.set(number, one);
    socket.on("readable", () => wake(one));
    socket.on("end", () => {
      if (open.get(number) !== one) return;
      one.saidEnd = true;
      say({ type: "end", connection: number });
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      sockets -= 1;
      const over = one.saidEnd && one.heardEnd;
      if (forget(one) && !over && !closed) say({ type: "drop", connection: number });
    });
  };
  /** One piece at a time: many small ones would take more memory than their bytes. */
  const hand = (one: Carried) => {
    if (one.held > 0 || open.get(one.number) !== one) return;
    if (one.waiting.length === 0) {
      if (one.heardEnd) one.socket.end();
      return;
    }
    const bytes = one.waiting.take();
    one.held = bytes.length;
    one.socket.write(bytes, (error) => {
      one.held = 0;
      one.took += bytes.length;
      if (error || open.get(one.number) !== one) return;
      if (one.took >= THANKED) {
        say({ type: "took", connection: one.number, count: one.took });
        one.took = 0;
      }
      hand(one);
    });
  };

  return {
    take: (frame) => {
      if (closed) return null;
      if (words.length > MOST_WORDS) return "it does not read what it is told";
      if (frame.type === "open") {
        if (frame.connection !== last + 1) return "a connection out of its turn";
        begin(frame.connection);
        return null;
      }
      const one = open.get(frame.connection);
      // Words about one that has gone here were on their way.
      if (one === undefined) return frame.connection <= last ? null : "words about a connection that is none";
      switch (frame.type) {
        case "data":
          if (one.heardEnd) return "data after the end";
          if (one.held + one.waiting.length + one.took + frame.bytes.length > FRAME_WINDOW) {
            return "more data than there was room for";
          }
          one.waiting.add(frame.bytes);
          hand(one);
          return null;
        case "took":
          if (one.credit + frame.count > FRAME_WINDOW) return "thanks for what it was not given";
          one.credit += frame.count;
          wake(one);
          return null;
        case "end":
          if (one.heardEnd) return "a second end";
          one.heardEnd = true;
          hand(one);
          return null;
        case "drop":
          forget(one);
          one.socket.destroy();
          return null;
      }
    },
    next: () => {
      const word = words.shift();
      if (word !== undefined) return wayFrame(word);
      for (const one of ready) {
        ready.delete(one);
        const length = Math.min(one.socket.readableLength, one.credit, FRAME_PIECE);
        // Of nothing too: that is how its end is learnt.
        const bytes: Buffer | null =
          length > 0 || one.socket.readableLength === 0 ? one.socket.read(length || undefined) : null;
        if (bytes === null) continue;
        one.credit -= bytes.length;
        // Where nothing is left, its end may be, of which nothing more is said.
        if (one.socket.readableLength === 0 || one.credit > 0) ready.add(one);
        return wayFrame({ type: "data", connection: one.number, bytes });
      }
      return null;
    },
    close: () => {
      if (closed) return;
      closed = true;
      for (const { socket } of [...open.values()]) socket.destroy();
      open.clear();
      ready.clear();
      words.length = 0;
    },
  };
}
