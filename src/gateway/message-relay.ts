import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createLeakScanner, type LeakSearch } from "../core/leaks/leak-scanner.ts";
import { createScrubber, type NeedleSet } from "../core/leaks/needles.ts";
import { type CloseCode, closePayload, encodeFrame, OPCODE } from "../core/wire/websocket-frames.ts";
import { type Denial, denial } from "./denial.ts";
import { describe } from "./failure.ts";
import { createFrameRelay, type FrameStop, type MessageFilter } from "./frame-relay.ts";
import type { LeakWatch } from "./leak-watch.ts";
import { inTurns } from "./sliced-scan.ts";
import { endWith } from "./socket-end.ts";
import type { Turns } from "./turns.ts";

export interface MessageRelayOptions {
  readonly client: Socket;
  readonly upstream: Duplex;
  /** Known values masked in what the server sends; null where no credential is written. */
  readonly scrub: NeedleSet | null;
  /** What the messages of the client are searched for, and by what they are judged. */
  readonly search: LeakSearch;
  readonly leaks: LeakWatch;
  readonly turns: Turns;
  /** Bytes that the client may send, heads of frames included. */
  readonly limit: number;
  /** Kept up to date. */
  readonly counts: MessageCounts;
  /** The client sent what may not leave; it is told this text. */
  readonly onDenied: (denied: Denial) => string;
  /** Called once, when both sides were told. */
  readonly onStopped: (why: string) => void;
}

/** Numbers of one WebSocket so far. */
export interface MessageCounts {
  bytesOut: number;
  bytesIn: number;
  scrubbed: number;
}

/**
 * Relays the frames of an open WebSocket with back-pressure: the client's messages are searched, in turns with everything
 * else that is (each frame, however short, costs a search of its own), the server's scrubbed.
 * What may not go on ends both sides with a Close frame. The caller hears of the ends of both sockets itself. Attack
 * rows 56, 89, 117.
 */
export function relayMessages(options: MessageRelayOptions, early: Buffer): void {
  const { client, upstream, scrub, search, leaks, limit, counts, turns } = options;
  let stopped = false;

  const outward = createFrameRelay({
    from: "client",
    messageBytes: limit,
    filter: () => createLeakScanner(search, (finding) => leaks.body(finding, "message")),
  });
  const inward = createFrameRelay({
    from: "server",
    messageBytes: Number.MAX_SAFE_INTEGER,
    filter: () => (scrub === null ? AS_IT_IS : counted(createScrubber(scrub))),
  });
  const counted = (scrubber: ReturnType<typeof createScrubber>): MessageFilter => ({
    push: scrubber.push,
    flush: () => {
      const rest = scrubber.flush();
      counts.scrubbed += scrubber.count;
      return rest;
    },
  });
  const close = (code: CloseCode, text: string, why: string) => {
    stopped = true;
    for (const [side, mask] of [
      [client, null],
      [upstream, randomBytes(4)],
    ] as const) {
      side.removeAllListeners("data");
      // The server is told no more than that the client went away.
      const payload = mask === null ? closePayload(code, text) : closePayload(1001, "");
      endWith(side, encodeFrame({ opcode: OPCODE.close, fin: true, payload }, mask));
    }
    options.onStopped(why);
  };
  const refuse = (denied: Denial, code: CloseCode) => {
    close(code, options.onDenied(denied), `${denied.reason}: ${denied.detail}`);
  };
  const fromClient = (piece: Uint8Array) => {
    counts.bytesOut += piece.length;
    if (counts.bytesOut > limit) return refuse(denial("body-too-large", `more than ${limit} bytes`), 1009);
    const { out, stop } = outward.push(piece);
    if (out.length > 0) upstream.write(out);
    if (stop !== null) refuse(stopDenial(stop, leaks), stop.code);
  };
  const fromServer = (chunk: Uint8Array) => {
    counts.bytesIn += chunk.length;
    const { out, stop } = inward.push(chunk);
    if (out.length > 0 && !client.write(out) && stop === null) {
      upstream.pause();
      client.once("drain", () => upstream.resume());
    }
    if (stop !== null) close(1011, "what the server sent is no WebSocket", `upstream-malformed: ${stop.why}`);
  };
  /** A throw while judging is a denial. What comes when one side is gone goes nowhere. */
  const guarded = (take: (bytes: Uint8Array) => void) => (bytes: Uint8Array) => {
    if (over()) return;
    try {
      take(bytes);
    } catch (error) {
      refuse(denial("internal-error", describe(error)), 1011);
    }
  };
  const over = () => stopped || client.destroyed || upstream.destroyed;
  const queue: Buffer[] = [];
  let busy = false;
  let ended = false;
  const work = async () => {
    if (busy) return;
    busy = true;
    for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
      await inTurns(turns, chunk, guarded(fromClient));
      if (!over() && upstream.writableNeedDrain) await new Promise((resolve) => upstream.once("drain", resolve));
    }
    busy = false;
    if (over()) return;
    if (ended) upstream.end();
    else client.resume();
  };
  const takeFromClient = (chunk: Buffer) => {
    queue.push(chunk);
    client.pause();
    void work();
  };
  client.on("data", takeFromClient);
  client.once("end", () => {
    ended = true;
    void work();
  });
  upstream.on("data", guarded(fromServer));
  upstream.once("end", () => client.end());
  if (early.length > 0) takeFromClient(early);
  else client.resume();
  upstream.resume();
}

const AS_IT_IS: MessageFilter = {
  push: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
  flush: () => Buffer.alloc(0),
};

function stopDenial({ by, code, why }: FrameStop, leaks: LeakWatch): Denial {
  if (by === "filter") return leaks.denied ?? denial("internal-error", "the search ended without a reason");
  return code === 1009 ? denial("body-too-large", why) : denial("request-malformed", `WebSocket: ${why}`);
}
