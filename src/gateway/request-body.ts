import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createLeakScanner, type LeakSearch, type LeakVerdict } from "../core/leaks/leak-scanner.ts";
import type { LeakFinding } from "../core/model/leak.ts";
import type { OverrideGuard } from "../core/policy/method-overrides.ts";
import type { OpaqueWatch } from "../core/policy/opaque-bodies.ts";
import type { GatewayContext } from "./context.ts";
import { type BodyEncoding, createDecodedScanner, DECODED_CAPS } from "./decoded-body.ts";
import { type Denial, denial } from "./denial.ts";
import { DRIP_BODY_BYTES } from "./drip.ts";
import { describe } from "./failure.ts";
import type { LeakWatch } from "./leak-watch.ts";
import { createSlicedScanner } from "./sliced-scan.ts";
import type { Turns } from "./turns.ts";

/** Bytes of a refused body that are read and thrown away, so that the client gets to read the refusal. */
const DISCARDED = 8 * 1024 * 1024;
/** Bytes of all bodies held whole at once. */
const HELD = 256 * 1024 * 1024;

/** Bytes that wait while a piece is judged. */
const QUEUED = 64 * 1024;

/** What the pieces of one body are judged by. */
export interface BodyBounds {
  readonly search: LeakSearch;
  readonly leaks: LeakWatch;
  /** Null where opaque bodies are allowed. */
  readonly opaque: OpaqueWatch | null;
  readonly encoding: BodyEncoding | "identity";
  /** Greatest size in bytes. */
  readonly limit: number;
  /** Null where a form may name any method. */
  readonly overrides: OverrideGuard | null;
  /** What a short body completes that was begun in others. */
  readonly drip: (body: Uint8Array) => Denial | null;
}

/** Judges the pieces of one body. What may go on lags behind what came in. */
interface Meter {
  readonly bytes: number;
  /** What may go on now, maybe nothing yet. */
  push(chunk: Buffer): Promise<Buffer | Denial>;
  /** The rest, at the end. */
  end(): Promise<Buffer | Denial>;
  close(): void;
}

/** Judges secrets, the size, a form's own method: nothing of a finding leaves before it was judged (attack rows 106 to 108). */
function createMeter(
  turns: Turns,
  { search, leaks, opaque, encoding, limit, overrides, drip }: BodyBounds,
  whole: boolean,
): Meter {
  // Nothing of a body that is read whole leaves before its end: what stands behind a token, a canary say, is told too.
  const judge = (finding: LeakFinding): LeakVerdict => {
    const verdict = leaks.body(finding);
    return whole && verdict === "stop" && finding.kind === "pattern" ? "mask" : verdict;
  };
  const scanner =
    encoding === "identity"
      ? createSlicedScanner(createLeakScanner(search, judge), turns)
      : createDecodedScanner(encoding, search, judge, DECODED_CAPS, turns);
  let bytes = 0;
  /** All of it, as long as it is short. */
  let short: Buffer[] = [];
  const judged = (clean: Buffer): Buffer | Denial => {
    if (!scanner.stopped) return clean;
    if (leaks.denied !== null) return leaks.denied;
    return denial("body-unreadable", scanner.problem ?? "the search ended without a reason");
  };
  return {
    get bytes() {
      return bytes;
    },
    push: async (chunk) => {
      bytes += chunk.length;
      if (bytes <= DRIP_BODY_BYTES) short.push(Buffer.from(chunk));
      else short = [];
      if (bytes > limit) return denial("body-too-large", `more than ${limit} bytes`);
      const what = opaque?.(chunk) ?? null;
      if (what !== null) return denial("body-unreadable", `the body is or holds ${what}`);
      const override = overrides?.push(chunk) ?? null;
      const clean = judged(await scanner.push(chunk));
      return override === null || "ok" in clean ? clean : denial("method-not-listed", override);
    },
    end: async () => {
      const clean = judged(await scanner.flush());
      return leaks.denied ?? (bytes > DRIP_BODY_BYTES ? null : drip(Buffer.concat(short))) ?? clean;
    },
    close: () => scanner.close(),
  };
}

/** Who takes a body that was judged. */
interface Taker {
  /** False: wait for `more`. */
  piece(clean: Buffer): boolean;
  end(): void;
  denied(denied: Denial): void;
  /** The client went away. */
  gone(): void;
}

/**
 * Takes a body through its meter; what comes while a piece is judged is the next one, so that many small pieces cost no
 * more than a few big ones. Nothing is called after `stop`.
 */
function feed(request: IncomingMessage, meter: Meter, taker: Taker): { stop(): void; more(): void } {
  let queue: Buffer[] = [];
  let queued = 0;
  let ended = false;
  let busy = false;
  let full = false;
  let over = false;
  const stop = () => {
    over = true;
    request.off("data", take);
    request.off("end", end);
    request.off("close", gone);
    meter.close();
  };
  const judgeNext = async (): Promise<void> => {
    const last = queue.length === 0;
    const piece = Buffer.concat(queue);
    queue = [];
    queued = 0;
    // A throw while judging is a denial.
    const fault = (error: unknown) => denial("internal-error", describe(error));
    const clean = await (last ? meter.end() : meter.push(piece)).catch(fault);
    if (over) return;
    if ("ok" in clean) {
      stop();
      return taker.denied(clean);
    }
    full = clean.length > 0 && !taker.piece(clean);
    if (last) {
      stop();
      taker.end();
    } else if (!full) request.resume();
  };
  const work = async () => {
    if (busy) return;
    busy = true;
    while (!over && !full && (queue.length > 0 || ended)) await judgeNext();
    busy = false;
  };
  const take = (chunk: Buffer) => {
    queue.push(chunk);
    queued += chunk.length;
    if (queued >= QUEUED || full) request.pause();
    void work();
  };
  const end = () => {
    // A whole body closes too, while its last pieces are still being judged.
    request.off("close", gone);
    ended = true;
    void work();
  };
  const gone = () => {
    stop();
    taker.gone();
  };
  request.on("data", take);
  request.once("end", end);
  request.once("close", gone);
  return {
    stop,
    more: () => {
      full = false;
      if (!over) request.resume();
      void work();
    },
  };
}

/**
 * Reads a body whole, judging each piece as it comes. Resolves a denial as soon as there is one, and null when the
 * client went away. `release` must be called when the bytes are not needed any more.
 */
export function readWhole(
  context: GatewayContext,
  request: IncomingMessage,
  bounds: BodyBounds,
): Promise<{ readonly ok: true; readonly bytes: Buffer; release(): void } | Denial | null> {
  const pieces: Buffer[] = [];
  let held = 0;
  const release = () => {
    context.held.bytes -= held;
    held = 0;
  };
  return new Promise((resolve) => {
    const denied = (denial: Denial) => {
      release();
      resolve(denial);
    };
    const reading = feed(request, createMeter(context.turns, bounds, true), {
      piece: (clean) => {
        held += clean.length;
        context.held.bytes += clean.length;
        pieces.push(clean);
        if (context.held.bytes <= HELD) return true;
        reading.stop();
        denied(denial("limit-reached", "too many bytes of bodies held at once"));
        return false;
      },
      end: () => {
        const [only] = pieces;
        resolve({ ok: true, bytes: pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces), release });
      },
      denied,
      gone: () => {
        release();
        resolve(null);
      },
    });
  });
}

/** A body on its way: each piece is judged before it is handed on, with back-pressure. */
export interface StreamedBody {
  readonly readable: Readable;
  /** What stopped it; null while nothing did. */
  readonly denied: Denial | null;
  readonly bytes: number;
}

/** Streams a body through the judge; the stream is destroyed at the first bad piece, of which nothing is handed on (attack row 108). */
export function streamBody(context: GatewayContext, request: IncomingMessage, bounds: BodyBounds): StreamedBody {
  const meter = createMeter(context.turns, bounds, false);
  let denied: Denial | null = null;
  request.pause();
  const readable = new Readable({
    read: () => reading.more(),
    destroy: (error, done) => {
      reading.stop();
      done(error);
    },
  });
  const reading = feed(request, meter, {
    piece: (clean) => readable.push(clean),
    end: () => readable.push(null),
    denied: (why) => {
      denied = why;
      readable.destroy(new Error("the request body was refused"));
    },
    gone: () => readable.destroy(new Error("the client went away")),
  });
  return {
    readable,
    get denied() {
      return denied;
    },
    get bytes() {
      return meter.bytes;
    },
  };
}

/** Reads and drops what is left of a refused body, so that the connection stays usable; cuts the connection when that is too much. */
export function discard(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = DISCARDED;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroy();
  });
  request.resume();
}
