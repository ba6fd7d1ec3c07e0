import { ANCHOR_BYTES, type AnchorTable, buildAnchorTable } from "./anchors.ts";
import { breaksAfter, SEPARATES } from "./breaks.ts";
import { firstByte } from "./characters.ts";
import { isIdleEscape } from "./idle-escape.ts";
import { endOf, type Form, lengthAt } from "./occurrence.ts";
import { INTRODUCES, type Reading, Spellings } from "./spellings.ts";

/** A needle found in the bytes scanned: from `start` up to, not including, `end`. */
export interface Match {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  /** In the order in which they were noticed; they may overlap, and one place may be there twice. */
  readonly matches: readonly Match[];
  /** From here on the bytes may be the beginning of a needle that goes on in the next chunk. */
  readonly safe: number;
}

/** What a byte may be besides itself. */
const ESCAPE = 1;
const BREAK = 2;
const BESIDES = INTRODUCES.map(
  (introduces, byte) => (introduces === 1 ? ESCAPE : 0) | (SEPARATES[byte] === 1 ? BREAK : 0),
);

/** Texts of so many bytes are read by a table of pairs, which is a quarter of a MiB and is made at the first of them. */
const PAIRS_FROM = 512;
const LOOK = 0xffffffff;

/**
 * Values compiled for searching; build once, use for many streams. The forms are private, so that printing it shows
 * names only.
 *
 * An automaton runs over the bytes as they are and finds the anchors of forms that begin in plain. Where a form begins
 * with an escape or has one in its anchor, the first of them stands behind plain bytes that the automaton has just read:
 * its state says which forms those begin. From there, and from whole anchors, the form is followed through all spellings.
 */
export class NeedleSet {
  readonly names: readonly string[];
  /** Bytes of the longest form that is no base64, base32 or hex. */
  readonly longest: number;
  readonly #table: AnchorTable;
  /** For each state of the automaton: the forms that begin with the bytes it stands for. */
  readonly #forms: readonly (readonly Form[])[];
  /** For each state: what the next byte is looked at for. */
  readonly #watch: Uint8Array;
  #pairs: Uint32Array | null = null;

  constructor(names: readonly string[], forms: readonly Form[]) {
    const groups = Map.groupBy(forms, ({ bytes }) => Buffer.from(bytes.subarray(0, ANCHOR_BYTES)).toString("latin1"));
    const table = buildAnchorTable([...groups.keys()].map((anchor) => Buffer.from(anchor, "latin1")));
    const grouped = [...groups.values()];
    this.names = names;
    this.longest = Math.max(0, ...forms.map(({ bytes, breaks }) => (breaks === "none" ? bytes.length : 0)));
    this.#table = table;
    this.#forms = table.through.map((anchors) => anchors.flatMap((anchor) => grouped[anchor] ?? []));
    this.#watch = new Uint8Array(this.#forms.length);
    for (const [state, some] of this.#forms.entries()) {
      const breaks = some.some((form) => breaksAfter(form.breaks, table.depth[state] ?? 0)) ? BREAK : 0;
      this.#watch[state] = ESCAPE | breaks | (this.#watch[table.fail[state] ?? 0] ?? 0);
    }
  }

  /** Finds every form in `bytes`, which is searched as if nothing stood before it. Linear but for forms with equal beginnings. */
  scan(bytes: Uint8Array): Scan {
    // A bottle without credentials: the megabyte that a start searches would pass through cold code for nothing.
    if (this.names.length === 0) return { matches: [], safe: bytes.length };
    const { next, firstFull, depth, fail } = this.#table;
    const watch = this.#watch;
    const pursuit = new Pursuit(bytes);
    const pairs = bytes.length < PAIRS_FROM ? null : this.#pairTable();
    const last = bytes.length - 1;
    let state = 0;
    for (let i = 0; i < bytes.length; i++) {
      // At the root, where most of every text is read, two bytes are one step.
      if (state === 0 && pairs !== null) {
        let behind = 0;
        while (i < last && behind === 0) {
          behind = pairs[((bytes[i] as number) << 8) | (bytes[i + 1] as number)] as number;
          i += 2;
        }
        if (behind === LOOK) i -= 2;
        else if (behind !== 0) {
          state = behind;
          i--;
          continue;
        } else if (i > last) break;
      }
      const byte = bytes[i] as number;
      const watched = watch[state] as number;
      if (((BESIDES[byte] as number) & watched) !== 0) {
        // Where a break may stand, an escaped one may too.
        if (watched !== ESCAPE || !isIdleEscape(next, state << 8, bytes, i)) this.#besides(pursuit, state, i);
      }
      state = next[(state << 8) | byte] as number;
      if (state < firstFull) continue;
      for (const form of this.#forms[state] ?? []) pursuit.follow(form, ANCHOR_BYTES, i + 1 - ANCHOR_BYTES, i + 1);
    }
    // The end of a whole anchor may be the beginning of another.
    const open = state < firstFull ? state : (fail[state] ?? 0);
    return { matches: pursuit.matches, safe: Math.min(pursuit.safe, bytes.length - (depth[open] ?? 0)) };
  }

  /** For each two bytes, read from the root: the state behind them; LOOK where one of them may be more than itself. */
  #pairTable(): Uint32Array {
    if (this.#pairs !== null) return this.#pairs;
    const { next } = this.#table;
    const watch = this.#watch;
    const pairs = new Uint32Array(0x10000);
    for (let first = 0; first < 256; first++) {
      const state = next[first] as number;
      const looked = ((BESIDES[first] as number) & (watch[0] as number)) !== 0;
      for (let second = 0; second < 256; second++) {
        const look = looked || ((BESIDES[second] as number) & (watch[state] as number)) !== 0;
        pairs[(first << 8) | second] = look ? LOOK : (next[(state << 8) | second] as number);
      }
    }
    this.#pairs = pairs;
    return pairs;
  }

  /** Looks at a byte that may begin an escape or a break; `state` is what the automaton made of the bytes before. */
  #besides(pursuit: Pursuit, state: number, place: number): void {
    const { next, depth, fail } = this.#table;
    if (INTRODUCES[pursuit.bytes[place] as number] === 1) {
      for (const reading of pursuit.escapes(place, depth[state] ?? 0)) {
        // One step on, as if the character stood here in plain: the forms that it leads to are those that it goes on with.
        for (let on = next[(state << 8) | firstByte(reading.code)] ?? 0; on > 0; on = fail[on] ?? 0) {
          const before = (depth[on] ?? 0) - 1;
          for (const form of this.#forms[on] ?? []) {
            const length = lengthAt(form.bytes, before, reading.code);
            if (length > 0) pursuit.follow(form, before + length, place - before, reading.end);
          }
        }
      }
    }
    if (((this.#watch[state] ?? 0) & BREAK) === 0) return;
    for (let on = state; on > 0; on = fail[on] ?? 0) {
      const before = depth[on] ?? 0;
      for (const form of this.#forms[on] ?? []) {
        if (breaksAfter(form.breaks, before)) pursuit.follow(form, before, place - before, place);
      }
    }
  }
}

/** What has been found in some bytes so far, and what is still open at their end. */
class Pursuit {
  readonly bytes: Uint8Array;
  readonly matches: Match[] = [];
  safe: number;
  /** Made at the first need: most short texts have none. */
  #spellings: Spellings | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.safe = bytes.length;
  }

  /** What the escape at this place may stand for; when it is not whole, it and `before` bytes more stay open. */
  escapes(place: number, before: number): readonly Reading[] {
    const spellings = this.#cleared();
    const readings = spellings.escapes(place);
    if (spellings.cut) this.safe = Math.min(this.safe, place - before);
    return readings;
  }

  /** Follows a form that began at `start` and of which `index` bytes were read before `place`. */
  follow(form: Form, index: number, start: number, place: number): void {
    const spellings = this.#cleared();
    const end = endOf(spellings, form, index, place);
    if (end >= 0) this.matches.push({ name: form.name, start, end });
    if (spellings.cut) this.safe = Math.min(this.safe, start);
  }

  #cleared(): Spellings {
    this.#spellings ??= new Spellings(this.bytes);
    this.#spellings.cut = false;
    return this.#spellings;
  }
}
