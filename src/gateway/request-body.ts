import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createLeakScanner, type LeakSearch } from "../core/leaks/leak-scanner.ts";
import type { OpaqueBodies } from "../core/model/policy.ts";
import type { OverrideGuard } from "../core/policy/method-overrides.ts";
import { OPAQUE_HEAD_BYTES, opaqueHead } from "../core/policy/opaque-bodies.ts";
import type { GatewayContext } from "./context.ts";
import { type Denial, denial } from "./denial.ts";
import type { LeakWatch } from "./leak-watch.ts";

/** Bytes of a refused body that are read and thrown away, so that the client gets to read the refusal. */
const DISCARDED = 8 * 1024 * 1024;
/** Bytes of all bodies held whole at once. */
const HELD = 256 * 1024 * 1024;

/** What the pieces of one body are judged by. */
export interface BodyBounds {
  readonly search: LeakSearch;
  readonly leaks: LeakWatch;
  readonly opaque: OpaqueBodies;
  /** Greatest size in bytes. */
  readonly limit: number;
  /** Null where a form may name any method. */
  readonly overrides: OverrideGuard | null;
}

/**
 * Judges the pieces of one body: secrets, the size, a form's own method. What may go on lags behind what came in, so
 * that nothing of a finding leaves before it was judged (attack rows 106, 108).
 */
function createMeter({ search, leaks, opaque, limit, overrides }: BodyBounds) {
  const scanner = createLeakScanner(search, (finding) => leaks.body(finding));
  let bytes = 0;
  /** The beginning, until it tells what the body is; null: told, or nobody asks. */
  let head: Buffer | null = opaque === "deny" ? Buffer.alloc(0) : null;

  const packed = (chunk: Buffer, last: boolean): Denial | null => {
    if (head === null) return null;
    head = Buffer.concat([head, chunk.subarray(0, OPAQUE_HEAD_BYTES)]);
    const what = opaqueHead(head);
    if (last || head.length >= OPAQUE_HEAD_BYTES) head = null;
    return what === null ? null : denial("body-unreadable", `the body is ${what}`);
  };
  const stopped = () => leaks.denied ?? denial("internal-error", "the search ended without a reason");
  return {
    get bytes() {
      return bytes;
    },
    /** What may go on now, maybe nothing yet. */
    push: (chunk: Buffer): Buffer | Denial => {
      bytes += chunk.length;
      if (bytes > limit) return denial("body-too-large", `more than ${limit} bytes`);
      const wrong = packed(chunk, false);
      if (wrong !== null) return wrong;
      const override = overrides?.push(chunk) ?? null;
      const clean = scanner.push(chunk);
      if (scanner.stopped) return stopped();
      return override === null ? clean : denial("method-not-listed", override);
    },
    /** The rest, at the end. */
    end: (): Buffer | Denial => {
      const clean = scanner.flush();
      return scanner.stopped ? stopped() : clean;
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
  const meter = createMeter(bounds);
  const pieces: Buffer[] = [];
  let held = 0;
  const release = () => {
    context.held.bytes -= held;
    held = 0;
  };
  return new Promise((resolve) => {
    const stop = () => {
      request.off("data", take);
      request.off("end", end);
      request.off("close", gone);
    };
    const deny = (denied: Denial) => {
      stop();
      release();
      resolve(denied);
    };
    const take = (chunk: Buffer) => {
      const clean = meter.push(chunk);
      if ("ok" in clean) return deny(clean);
      held += chunk.length;
      context.held.bytes += chunk.length;
      if (context.held.bytes > HELD) return deny(denial("limit-reached", "too many bytes of bodies held at once"));
      pieces.push(clean);
    };
    const end = () => {
      const rest = meter.end();
      if ("ok" in rest) return deny(rest);
      stop();
      const filled = [...pieces, rest].filter(({ length }) => length > 0);
      const [only] = filled;
      resolve({ ok: true, bytes: filled.length === 1 && only !== undefined ? only : Buffer.concat(filled), release });
    };
    const gone = () => {
      stop();
      release();
      resolve(null);
    };
    request.on("data", take);
    request.once("end", end);
    request.once("close", gone);
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
export function streamBody(request: IncomingMessage, bounds: BodyBounds): StreamedBody {
  const meter = createMeter(bounds);
  let denied: Denial | null = null;
  const readable = new Readable({
    read: () => {
      request.resume();
    },
    destroy: (error, done) => {
      request.off("data", take);
      request.off("end", end);
      request.off("close", gone);
      done(error);
    },
  });
  const take = (chunk: Buffer) => {
    hand(meter.push(chunk));
  };
  const hand = (clean: Buffer | Denial) => {
    if ("ok" in clean) {
      denied = clean;
      readable.destroy(new Error("the request body was refused"));
    } else if (clean.length > 0 && !readable.push(clean)) request.pause();
  };
  const end = () => {
    // A whole body closes too, while its last pieces are still on their way upstream.
    request.off("close", gone);
    hand(meter.end());
    if (denied === null) readable.push(null);
  };
  const gone = () => readable.destroy(new Error("the client went away"));
  request.pause();
  request.on("data", take);
  request.once("end", end);
  request.once("close", gone);
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
