/*
 * Encoded request bodies (attack row 107). How to use it:
 *
 *   const encoding = contentEncodingOf(values of Content-Encoding joined by ", ");   "identity", a name, or null: refuse
 *   const scanner = createDecodedScanner(encoding, search, judge, DECODED_CAPS, turns);
 *   for each chunk: forward(await scanner.push(chunk)); if (scanner.stopped) refuse, with scanner.problem when it is set
 *   at the end: forward(await scanner.flush()), and the same check
 *
 * The judge's findings have the encoding first in `through`, and offsets of the decoded body. Masking is impossible: a
 * judge that says "mask" all the same stops the body.
 */
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { createLeakScanner, type LeakSearch, type LeakVerdict } from "../core/leaks/leak-scanner.ts";
import type { LeakFinding } from "../core/model/leak.ts";
import { type BodyScanner, HELD_BACK, inTurns } from "./sliced-scan.ts";
import type { Turns } from "./turns.ts";

export type BodyEncoding = "gzip" | "deflate" | "br" | "zstd";

/** How much a body may become. */
export interface DecodedCaps {
  /** Bytes of the decoded body. */
  readonly bytes: number;
  /** Decoded bytes for each encoded one, once there are more than `ratioFrom` decoded ones. */
  readonly ratio: number;
  readonly ratioFrom: number;
}

export const DECODED_CAPS: DecodedCaps = { bytes: 1024 ** 3, ratio: 100, ratioFrom: 1024 ** 2 };

/** Bytes that come out of a decoder at once. */
const PIECE_BYTES = 16 * 1024;
/** RFC 8878 section 3.1.1.1.2 asks decoders for 8 MiB; more would be memory that the agent decides on. */
const ZSTD_WINDOW_LOG = 23;

/** Encoded bytes that may wait for what they hold: no decoder looks so far ahead, but a name or empty blocks may never end. */
const WAITING_BYTES = 4 * 1024 ** 2;

const OPTIONS = { chunkSize: PIECE_BYTES };
const DECODERS = {
  gzip: () => createGunzip(OPTIONS),
  deflate: () => createInflate(OPTIONS),
  br: () => createBrotliDecompress(OPTIONS),
  zstd: () => createZstdDecompress({ ...OPTIONS, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
} as const;

/**
 * What a Content-Encoding (RFC 9110 section 8.4) says: `identity` also when it is absent or empty; null for an encoding
 * that cannot be taken off here, and for more than one.
 */
export function contentEncodingOf(value: string | null): BodyEncoding | "identity" | null {
  const name = (value ?? "").trim().toLowerCase();
  if (name === "" || name === "identity") return "identity";
  if (name === "x-gzip") return "gzip";
  return name in DECODERS ? (name as BodyEncoding) : null;
}

/**
 * Searches what an encoded body holds while handing on the bytes as they came: each chunk only when everything that came
 * out of it, and out of the one after it, was searched. The encoded bytes are searched as well: names, comments and
 * stored blocks stand there in plain. A body that is cut off, goes on behind its end, grows too much or holds nothing for
 * too long is a problem.
 */
export function createDecodedScanner(
  encoding: BodyEncoding,
  search: LeakSearch,
  judge: (finding: LeakFinding) => LeakVerdict,
  caps: DecodedCaps,
  turns: Turns,
): BodyScanner {
  const decoder = DECODERS[encoding]();
  const decide = (finding: LeakFinding): LeakVerdict =>
    judge({ ...finding, through: [encoding, ...finding.through] }) === "pass" ? "pass" : "stop";
  const inside = createLeakScanner(search, decide);
  const outside = createLeakScanner(search, decide);
  let problem: string | null = null;
  /** Encoded bytes that came, decoded ones that came out, and those of them that were found to be clean. */
  let encoded = 0;
  let decoded = 0;
  let clean = 0;
  /** Encoded bytes that passed the search as they are and wait for that of what they hold. */
  let waiting: Buffer[] = [];
  let handed = 0;
  /** The ends of chunks, with the number of decoded bytes that must be clean; null while nothing came out after it. */
  let ends: { readonly encoded: number; decoded: number | null }[] = [];
  let wake: () => void = () => {};
  let written = true;
  decoder.on("error", (error: NodeJS.ErrnoException) => {
    problem ??= `the body is not whole or not ${encoding} (${error.code ?? error.name})`;
    wake();
  });
  decoder.on("readable", () => wake());
  decoder.on("close", () => wake());
  decoder.on("end", () => wake());

  const stopped = () => problem !== null || inside.stopped || outside.stopped;

  const searchPiece = async (piece: Buffer): Promise<void> => {
    decoded += piece.length;
    if (decoded > caps.bytes) problem ??= `the body holds more than ${caps.bytes} bytes`;
    else if (decoded > caps.ratioFrom && decoded > encoded * caps.ratio)
      problem ??= `the body grows to more than ${caps.ratio} times its size`;
    await inTurns(turns, piece, (some) => {
      if (!stopped()) clean += inside.push(some).length;
    });
    if (!inside.stopped && decoded - clean > HELD_BACK)
      problem ??= `more than ${HELD_BACK} bytes of what the body holds could be one token`;
  };

  /** Searches what comes out until the decoder has taken what it was given, and `over` says so. */
  const drain = async (over: () => boolean): Promise<void> => {
    while (!stopped()) {
      const piece = decoder.read() as Buffer | null;
      if (piece !== null) await searchPiece(piece);
      else if (over() || decoder.destroyed) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };

  const hand = (upTo: number): Buffer => {
    const all = Buffer.concat(waiting);
    const count = Math.min(all.length, upTo - handed);
    handed += count;
    waiting = count === all.length ? [] : [all.subarray(count)];
    return all.subarray(0, count);
  };

  return {
    push: async (chunk) => {
      await inTurns(turns, chunk, (some) => {
        if (!stopped()) waiting.push(Buffer.from(outside.push(some)));
      });
      if (stopped()) return EMPTY;
      const before = decoded;
      encoded += chunk.length;
      written = false;
      decoder.write(chunk, () => {
        written = true;
        wake();
      });
      await drain(() => written && decoder.readableLength === 0);
      if (stopped()) return EMPTY;
      // Only output that comes later shows that a chunk was used up.
      if (decoded > before) for (const end of ends) end.decoded ??= decoded;
      ends.push({ encoded, decoded: null });
      let upTo = 0;
      for (const end of ends) if (end.decoded !== null && end.decoded <= clean) upTo = end.encoded;
      ends = ends.filter((end) => end.encoded > upTo);
      const out = upTo > handed ? hand(upTo) : EMPTY;
      if (encoded - chunk.length - handed <= WAITING_BYTES) return out;
      problem ??= `more than ${WAITING_BYTES} bytes of the body hold nothing`;
      return EMPTY;
    },
    flush: async () => {
      if (stopped()) return EMPTY;
      waiting.push(await turns.take(() => outside.flush()));
      decoder.end();
      await drain(() => decoder.readableEnded);
      if (stopped()) return EMPTY;
      if (!decoder.readableEnded || decoder.bytesWritten !== encoded) {
        problem ??= `the body goes on behind the end of its ${encoding}`;
        return EMPTY;
      }
      await turns.take(() => inside.flush());
      return stopped() ? EMPTY : hand(Number.POSITIVE_INFINITY);
    },
    get stopped() {
      return stopped();
    },
    get problem() {
      return problem;
    },
    close: () => {
      decoder.destroy();
    },
  };
}

const EMPTY = Buffer.alloc(0);
