import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { createDetector, type NeedleSet } from "../core/leaks/needles.ts";
import type { OverrideGuard } from "../core/policy/method-overrides.ts";
import type { GatewayContext } from "./context.ts";
import { type Denial, denial } from "./judgement.ts";

/** Bytes of a refused body that are read and thrown away, so that the client gets to read the refusal. */
const DISCARDED = 8 * 1024 * 1024;
/** Bytes of all bodies held whole at once. */
const HELD = 256 * 1024 * 1024;

/** What the pieces of one body are judged by. */
export interface BodyBounds {
  readonly secrets: NeedleSet | null;
  /** Greatest size in bytes. */
  readonly limit: number;
  /** Null where a form may name any method. */
  readonly overrides: OverrideGuard | null;
}

/** Judges the pieces of one body: known secrets in any of their forms, the size, a form's own method. */
function createMeter({ secrets, limit, overrides }: BodyBounds) {
  const detector = secrets === null ? null : createDetector(secrets);
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    /** Null when the piece may go on. */
    judge: (chunk: Buffer): Denial | null => {
      bytes += chunk.length;
      if (bytes > limit) return denial("body-too-large", `more than ${limit} bytes`);
      const found = detector?.push(chunk) ?? [];
      if (found.length > 0)
        return denial("secret-in-request", `body holds the value of ${found.join(", ")}`, { alert: true });
      const override = overrides?.push(chunk) ?? null;
      return override === null ? null : denial("method-not-listed", override);
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
      const denied = meter.judge(chunk);
      if (denied !== null) return deny(denied);
      held += chunk.length;
      context.held.bytes += chunk.length;
      if (context.held.bytes > HELD) return deny(denial("limit-reached", "too many bytes of bodies held at once"));
      pieces.push(chunk);
    };
    const end = () => {
      stop();
      const [only] = pieces;
      resolve({ ok: true, bytes: pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces), release });
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

/** Streams a body through the judge; the stream is destroyed at the first bad piece, which is not handed on (attack row 108). */
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
    denied = meter.judge(chunk);
    if (denied !== null) readable.destroy(new Error("the request body was refused"));
    else if (!readable.push(chunk)) request.pause();
  };
  const end = () => {
    // A whole body closes too, while its last pieces are still on their way upstream.
    request.off("close", gone);
    readable.push(null);
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
