import { Secret } from "../model/secret.ts";
import { ANCHOR_BYTES, FOLD } from "./anchors.ts";
import { encodedForms } from "./forms.ts";
import { type Match, NeedleSet } from "./matcher.ts";

export type { NeedleSet };

/** A value to look for. */
export interface Needle {
  readonly name: string;
  readonly value: Secret | string;
}

export type NeedleReading =
  | { readonly ok: true; readonly set: NeedleSet }
  /** Names of values that are too short (below 8 bytes) to be searched without masking ordinary text. */
  | { readonly ok: false; readonly tooShort: readonly string[] };

/** Shortest value, in UTF-8 bytes, that can be searched; no form is shorter. */
export const NEEDLE_MIN_BYTES = ANCHOR_BYTES;

/**
 * Compiles values and their encoded forms: hex, base64 and base32 at every alignment, UTF-16, reversed; letters in any
 * case, characters in any mix of percent, backslash and HTML escapes. Attack rows 90, 94, 106.
 */
export function compileNeedles(needles: readonly Needle[]): NeedleReading {
  const values = needles.map(({ name, value }) => ({ name, text: value instanceof Secret ? value.reveal() : value }));
  const tooShort = values.filter(({ text }) => Buffer.byteLength(text) < NEEDLE_MIN_BYTES).map(({ name }) => name);
  if (tooShort.length > 0) return { ok: false, tooShort };
  const forms = values.flatMap(({ name, text }) =>
    encodedForms(text).map(({ bytes, breaks }) => ({ name, bytes: bytes.map((byte) => FOLD[byte] ?? 0), breaks })),
  );
  return { ok: true, set: new NeedleSet([...new Set(values.map(({ name }) => name))], forms) };
}

/** Of a value that is sent in pieces so much must be together at least, and at most so much is looked for. */
const MIDDLE_BYTES = 12;
const LONGEST_MIDDLE = 128;

/**
 * Compiles the middle half of each value, 12 to 128 characters (of shorter values all): for what is sent a piece at a
 * time, so that not all of it has left when it is found. The beginnings of tokens are public, their middles are not.
 * Values too short to be searched are left out; null when none is left.
 */
export function compileMiddles(needles: readonly Needle[]): NeedleSet | null {
  const middles = needles.map(({ name, value }) => {
    const characters = [...(value instanceof Secret ? value.reveal() : value)];
    const length = Math.min(Math.max(MIDDLE_BYTES, Math.ceil(characters.length / 2)), LONGEST_MIDDLE);
    const start = Math.max(0, Math.floor((characters.length - length) / 2));
    return { name, value: characters.slice(start, start + length).join("") };
  });
  const reading = compileNeedles(middles.filter(({ value }) => Buffer.byteLength(value) >= NEEDLE_MIN_BYTES));
  return reading.ok && reading.set.names.length > 0 ? reading.set : null;
}

const MASK = 0x2a;

/** Masks every form of every needle by as many `*`, in one pass over the original bytes. */
export interface Scrubber {
  /** What may be sent on now: all but a tail that could be the beginning of a needle. May be empty. */
  push(chunk: Uint8Array): Buffer;
  /** The rest, at the end of the stream. */
  flush(): Buffer;
  /** Number of places masked so far. */
  readonly count: number;
}

/** Looks for needles across chunk boundaries without changing anything. */
export interface Detector {
  /** Names newly found in this chunk, in the order of appearance. */
  push(chunk: Uint8Array): readonly string[];
}

/**
 * A scrubber for one stream. The length of what passes never changes, so Content-Length stays right; what was masked
 * is never searched again. Memory: one chunk and the longest spelling of a form. Attack rows 89, 90, 94.
 */
export function createScrubber(set: NeedleSet): Scrubber {
  let held: Uint8Array = EMPTY;
  /** How many bytes at the beginning of `held` belong to a needle that began before it. */
  let owed = 0;
  let count = 0;

  function emit(bytes: Uint8Array, matches: readonly Match[], safe: number): Buffer {
    const out = Buffer.from(bytes.subarray(0, safe));
    const spans = [{ start: 0, end: owed }, ...matches].filter((it) => it.start < it.end && it.start < safe);
    spans.sort((a, b) => a.start - b.start);
    let masked = owed;
    for (const { start, end } of spans) {
      out.fill(MASK, start, Math.min(end, safe));
      // Forms of one value overlap; together they are one place. Those that begin in the held tail are found again.
      if (start >= masked) count++;
      masked = Math.max(masked, end);
    }
    owed = Math.max(0, masked - safe);
    held = tail(bytes, safe);
    return out;
  }

  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const { matches, safe } = set.scan(bytes);
      if (matches.length === 0 && owed === 0 && safe === bytes.length) {
        held = EMPTY;
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      return emit(bytes, matches, safe);
    },
    flush() {
      if (held.length === 0) return NOTHING;
      return emit(held, set.scan(held).matches, held.length);
    },
    get count() {
      return count;
    },
  };
}

/** A detector for one stream. Attack row 108. */
export function createDetector(set: NeedleSet): Detector {
  let held: Uint8Array = EMPTY;
  const seen = new Set<string>();
  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const { matches, safe } = set.scan(bytes);
      held = tail(bytes, safe);
      if (matches.length === 0) return NONE;
      const found = [...new Set(matches.map(({ name }) => name))].filter((name) => !seen.has(name));
      for (const name of found) seen.add(name);
      return found;
    },
  };
}

const EMPTY = new Uint8Array(0);
const NOTHING = Buffer.alloc(0);
const NONE: readonly string[] = Object.freeze([]);

/** A copy of what is still undecided, so that no chunk is kept alive by its end. */
function tail(bytes: Uint8Array, safe: number): Uint8Array {
  return safe === bytes.length ? EMPTY : Uint8Array.prototype.slice.call(bytes, safe);
}

/** Names found in one text (Latin-1 as node:http gives it), each once, in the order of appearance. */
export function namesIn(set: NeedleSet, text: string): readonly string[] {
  const { matches } = set.scan(Buffer.from(text, "latin1"));
  return matches.length === 0 ? NONE : [...new Set(matches.map(({ name }) => name))];
}

/** Masks within one text (a header value); Latin-1 as node:http gives it. */
export function scrubText(set: NeedleSet, text: string): { readonly text: string; readonly count: number } {
  const bytes = Buffer.from(text, "latin1");
  // Nearly every value of a response's head.
  if (set.scan(bytes).matches.length === 0) return { text, count: 0 };
  const scrubber = createScrubber(set);
  const masked = Buffer.concat([scrubber.push(bytes), scrubber.flush()]);
  return { text: masked.toString("latin1"), count: scrubber.count };
}

/** Replaces each needle found in a text by `[name]`, for the audit log; overlapping ones by all their names. */
export function redactText(set: NeedleSet, text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const matches = set.scan(bytes).matches.toSorted((a, b) => a.start - b.start);
  if (matches.length === 0) return text;
  let out = "";
  let at = 0;
  let last = "";
  for (const { name, start, end } of matches) {
    if (start >= at) out += bytes.toString("utf8", at, start);
    if (start >= at || name !== last) out += `[${name}]`;
    at = Math.max(at, end);
    last = name;
  }
  return out + bytes.toString("utf8", at);
}
