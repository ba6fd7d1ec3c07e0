import type { ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import { printable } from "../../../core/wire/printable.ts";
import { FRAME_HEAD, FRAME_PIECE } from "../../../core/wire/way-frames.ts";

/** Bytes through one command's input: with a few hundred KiB it may stand still for ever (issues 926, 931 of smolvm). */
export const CARRIER_BYTES = 192 << 10;
/** Where a stretch begins, as a carrier says it first. */
const BEGIN = 8;
/** How many carriers may live: with the holder, an agent's terminal, three commands and who signals them they are a machine's eight clients. */
const MOST_CARRIERS = 2;
/** Bytes that were said and whose arrival was not. */
const KEPT = 512 << 10;
/** Carriers that fail one after another before the way is given up. */
const MOST_FAILURES = 8;
const AGAIN_MS = 20;
const WORDS = 4096;

/** What the host process says into a machine: one stream of bytes over the inputs of many commands. */
export interface Carriers {
  /** So much of all that was said has arrived. False when that is more than was said. */
  arrived(count: number): boolean;
  /** Room may be there, or something to say. */
  pump(): void;
  /** Ends every carrier. Idempotent. */
  close(): void;
}

export interface CarrierParts {
  /** The holder's own input, which is the first carrier and is never ended. */
  readonly first: Writable;
  /** Begins another one, which comes up meanwhile. May throw. */
  readonly open: () => ChildProcess;
  /** The next frame to say, or null. */
  readonly next: () => Uint8Array | null;
  /** Called once when no more can be said; `why` in words. */
  readonly onFailed: (why: string) => void;
}

interface Carrier {
  readonly child: ChildProcess | null;
  readonly input: Writable;
  /** Bytes that it may still carry. */
  left: number;
  /** Where in the stream it stands; null: nothing was said into it yet. */
  at: number | null;
  /** It gets nothing more. */
  over: boolean;
  /** What it complains of. */
  words: string;
}

/**
 * What was said is kept until it has arrived: a carrier that fails takes nothing along, as what may be lost is said again by
 * another one, and the relay passes over what it has. A carrier is opened ahead, so that nobody waits while it comes up.
 */
export function openCarriers({ first, open, next, onFailed }: CarrierParts): Carriers {
  const ring = Buffer.allocUnsafe(KEPT);
  // Places in the stream: what has arrived, what was said last, the end of what is to be said, the furthest that was said.
  let [arrived, said, end, furthest] = [0, 0, 0, 0];
  let failures = 0;
  /** Until the next one is tried, after one that failed. */
  let resting: NodeJS.Timeout | null = null;
  let closed = false;
  let current: Carrier = { child: null, input: first, left: CARRIER_BYTES, at: 0, over: false, words: "" };
  const spares: Carrier[] = [];
  const live = new Set<Carrier>();

  const keep = (frame: Uint8Array) => {
    const at = end % KEPT;
    const fits = Math.min(frame.length, KEPT - at);
    ring.set(frame.subarray(0, fits), at);
    ring.set(frame.subarray(fits), 0);
    end += frame.length;
  };
  /** A copy: the input may still hold it when its place is used anew. */
  const piece = (most: number) => {
    const at = said % KEPT;
    return Buffer.from(ring.subarray(at, Math.min(KEPT, at + Math.min(most, end - said))));
  };
  const retire = (carrier: Carrier) => {
    if (carrier.over) return;
    carrier.over = true;
    if (carrier.child !== null) carrier.input.end();
  };
  const fail = (why: string) => {
    if (closed) return;
    close();
    onFailed(why);
  };
  const gone = (carrier: Carrier, code: number | null) => {
    if (!live.delete(carrier) || closed) return;
    const spare = spares.indexOf(carrier);
    if (spare !== -1) spares.splice(spare, 1);
    // It ended by itself, after its input had: all that it was told is in the relay's hands.
    if (carrier.over && code === 0) return pump();
    carrier.over = true;
    failures += 1;
    if (failures > MOST_FAILURES) {
      return fail(
        `${failures} commands that carry it failed one after another: ${printable(carrier.words.trim(), 300)}`,
      );
    }
    if (carrier.at !== null && carrier.at > arrived) said = arrived;
    const rested = () => {
      resting = null;
      pump();
    };
    clearTimeout(resting ?? undefined);
    resting = setTimeout(rested, AGAIN_MS * 2 ** failures).unref();
  };
  /** False when none is wanted, or can be. */
  const add = (): boolean => {
    // Half of the first one is enough for a bottle that says little.
    const begun = current.child !== null || current.over || current.left <= CARRIER_BYTES / 2;
    if (closed || resting !== null || !begun || live.size >= MOST_CARRIERS || spares.length > 0) return false;
    let child: ChildProcess;
    try {
      child = open();
    } catch (error) {
      fail(`a command that carries it cannot begin: ${error instanceof Error ? error.message : error}`);
      return false;
    }
    const { stdin } = child;
    if (stdin === null) {
      fail("a command that carries it has no input");
      return false;
    }
    const carrier: Carrier = { child, input: stdin, left: CARRIER_BYTES - BEGIN, at: null, over: false, words: "" };
    for (const stream of child.stdio) stream?.on("error", () => {}); // its end says it
    child.stdout?.resume();
    child.stderr?.setEncoding("utf8").on("data", (words: string) => {
      if (carrier.words.length < WORDS) carrier.words += words;
    });
    child.once("error", () => gone(carrier, null));
    child.once("close", (code) => gone(carrier, code));
    stdin.on("drain", pump);
    live.add(carrier);
    spares.push(carrier);
    return true;
  };
  /** One that can carry from `said` on, or null. */
  const ready = (): Carrier | null => {
    // What was said by it is to be said again, or has arrived by another.
    if (current.at !== said) retire(current);
    if (current.over) {
      const spare = spares.shift();
      if (spare === undefined) return null;
      current = spare;
    }
    if (current.at === null) {
      const begin = Buffer.alloc(BEGIN);
      begin.writeBigUInt64BE(BigInt(said));
      current.input.write(begin);
      current.at = said;
    }
    return current;
  };
  const say = (): boolean => {
    while (said < end) {
      const carrier = ready();
      if (carrier === null || carrier.input.writableNeedDrain) return false;
      const bytes = piece(carrier.left);
      carrier.input.write(bytes);
      carrier.left -= bytes.length;
      said += bytes.length;
      carrier.at = said;
      furthest = Math.max(furthest, said);
      if (carrier.left === 0) retire(carrier);
    }
    return true;
  };
  const pump = () => {
    do {
      while (!closed && say() && KEPT - (end - arrived) >= FRAME_HEAD + FRAME_PIECE) {
        const frame = next();
        if (frame === null) break;
        keep(frame);
      }
    } while (add());
  };
  const close = () => {
    if (closed) return;
    closed = true;
    for (const { child } of live) {
      child?.stdin?.destroy();
      child?.kill("SIGKILL");
    }
  };
  first.on("drain", pump);

  return {
    arrived: (count) => {
      arrived += count;
      if (arrived > furthest) return false;
      said = Math.max(said, arrived);
      failures = 0;
      pump();
      return true;
    },
    pump,
    close,
  };
}
