import { DecodedText } from "./decoded-text.ts";
import { NONE, type RunEncoding } from "./run-encoding.ts";
import { type Found, NOTHING, type StreamSearch } from "./search.ts";

/** No token is shorter; text of a program or a log has few words in which so many bytes could be hidden. */
const LEAST_BYTES = 12;
/**
 * Lines of one text are as long: 64 and 76 characters in PEM and MIME, 60 and 72 elsewhere, one more where the `n` of an
 * escaped line break stands before. Any other text is over with its line; what is on the next would blur its end.
 */
const LINES: ReadonlySet<number> = new Set([60, 64, 65, 72, 73, 76, 77]);
const LONGEST_GAP = 20;
const [TAB, LF, CR, SPACE, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x5c];

const EMPTY_VALUES = new Uint8Array(0);
const EMPTY_PLACES = new Float64Array(0);

/** 1 for the bytes of which text consists that can hold a token. */
export const TEXT = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= SPACE && byte < 0x7f) || byte === TAB || byte === LF || byte === CR ? 1 : 0,
);

/** The last characters of a run, a power of two: more than LEAST_BYTES of any encoding and a byte before them need. */
const KEPT = 32;

/**
 * Characters of the shortest run, and groups of characters that are text in whole before a text begins, be it that its
 * first and last bytes share a group with others.
 */
export function leastOf({ ratio: { num, den } }: RunEncoding): { readonly least: number; readonly needed: number } {
  return { least: Math.ceil((LEAST_BYTES * num) / den), needed: Math.ceil((LEAST_BYTES - 2 * (den - 1)) / den) };
}

/** Whether a line of a run ends here so that its text may go on in the next one. */
export function mayGoOn(line: number, byte: number): boolean {
  return LINES.has(line) && (byte === BACKSLASH || byte === LF || byte === CR);
}

const OUTSIDE = 0;
const INSIDE = 1;
const GAP = 2;
const ESCAPE = 3;

/**
 * Searches what an encoding of one alphabet hides. A run of its characters is decoded from each place at which a byte
 * could begin, since what stands before the encoded text may be of the alphabet too; what is no text is thrown away at
 * once, which is nearly all but the one right reading. Attack row 106.
 */
export class RunSearch implements StreamSearch {
  readonly #encoding: RunEncoding;
  readonly #make: () => StreamSearch;
  readonly #least: number;
  readonly #needed: number;
  /** The readings of a run, by the number of characters before their first byte; made at the first run. */
  #texts: readonly DecodedText[] = [];
  /** For each reading: how many groups of characters up to now were text in whole. */
  readonly #whole = [0, 0, 0, 0];
  #state = OUTSIDE;
  /** Characters of this run, of its line, and bytes since the line. */
  #count = 0;
  #line = 0;
  #gap = 0;
  /** Whether the line has ended already: a blank line ends every text. */
  #broken = false;
  /** The last characters of the run: the bits of one group, all values, and where they stand. */
  #bits = 0;
  #values = EMPTY_VALUES;
  #places = EMPTY_PLACES;
  #position = 0;
  #found: Found[] = [];

  constructor(encoding: RunEncoding, make: () => StreamSearch) {
    const { least, needed } = leastOf(encoding);
    this.#encoding = encoding;
    this.#make = make;
    this.#least = least;
    this.#needed = needed;
  }

  get safe(): number {
    if (this.#state === OUTSIDE) return this.#position;
    const kept = (this.#needed + 1) * this.#encoding.ratio.num;
    let safe = this.#count === 0 ? this.#position : (this.#places[Math.max(0, this.#count - kept) % KEPT] as number);
    for (const text of this.#texts) safe = Math.min(safe, text.safe(safe));
    return safe;
  }

  push(bytes: Uint8Array, last: boolean): readonly Found[] {
    const { values } = this.#encoding;
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === OUTSIDE) {
        at = this.#nextRun(bytes, at);
        if (at === bytes.length) break;
        this.#begin();
      }
      if (this.#state === INSIDE) {
        let end = at;
        while (end < bytes.length && values[bytes[end] as number] !== NONE) end++;
        this.#take(bytes, at, end);
        at = end;
        if (at === bytes.length) break;
      }
      if (this.#passes(bytes[at] as number)) at++;
    }
    this.#position += bytes.length;
    if (last) this.#end();
    else for (const text of this.#texts) if (text.length > 0) text.flush(false, this.#found);
    if (this.#found.length === 0) return NOTHING;
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** Where the next run begins that is long enough, or that the end of the bytes cuts. */
  #nextRun(bytes: Uint8Array, from: number): number {
    const { values } = this.#encoding;
    let start = from;
    while (start < bytes.length) {
      // From the end of the least run back: one look tells most words of a text apart from a run.
      let at = Math.min(start + this.#least, bytes.length) - 1;
      while (at >= start && values[bytes[at] as number] !== NONE) at--;
      if (at < start) return start;
      start = at + 1;
    }
    return start;
  }

  #begin(): void {
    if (this.#texts.length === 0) {
      const { num } = this.#encoding.ratio;
      this.#texts = Array.from({ length: num }, () => new DecodedText(this.#make, LEAST_BYTES));
      this.#values = new Uint8Array(KEPT);
      this.#places = new Float64Array(KEPT);
    }
    this.#state = INSIDE;
    this.#count = 0;
    this.#line = 0;
  }

  /** Characters of the run. */
  #take(bytes: Uint8Array, from: number, to: number): void {
    const { bits, ratio, values, label } = this.#encoding;
    const { num, den } = ratio;
    const kept = this.#values;
    const places = this.#places;
    const whole = this.#whole;
    const mask = 2 ** (bits * num) - 1;
    const begin = this.#position + 1 - num;
    let all = this.#bits;
    let count = this.#count;
    let line = this.#line;
    for (let i = from; i < to; i++) {
      const value = values[bytes[i] as number] as number;
      all = ((all << bits) | value) & mask;
      kept[count % KEPT] = value;
      places[count % KEPT] = this.#position + i;
      count++;
      line++;
      // Until there are enough characters, zero bits stand in front, and zero is no text.
      const isText = TEXT[all & 0xff] === 1 && (den === 1 || (TEXT[(all >> 8) & 0xff] === 1 && TEXT[all >> 16] === 1));
      const reading = count % num;
      const before = whole[reading] as number;
      if (isText) {
        whole[reading] = before + 1;
        if (before + 1 < this.#needed) continue;
        const text = this.#texts[reading] as DecodedText;
        if (before + 1 === this.#needed) this.#start(text, count);
        else if (line >= num) text.addGroup(all, begin + i, ratio, label);
        else this.#decode(text, all, den, places[(count - num) % KEPT] as number, this.#position + i + 1);
        if (text.isFull) text.flush(false, this.#found);
      } else if (before > 0) {
        whole[reading] = 0;
        if (before >= this.#needed) {
          const text = this.#texts[reading] as DecodedText;
          this.#decode(text, all, den, places[(count - num) % KEPT] as number, this.#position + i + 1);
          // What comes behind the first byte that is no text is looked at again when more of it follows.
          text.flush(true, this.#found);
        }
      }
    }
    this.#bits = all;
    this.#count = count;
    this.#line = line;
  }

  /** Begins a text with the last groups of characters, and with what there is of it in the group before. */
  #start(text: DecodedText, count: number): void {
    const { bits, ratio } = this.#encoding;
    const { num, den } = ratio;
    const groups = Math.min(this.#needed + 1, Math.floor(count / num));
    for (let first = count - groups * num; first < count; first += num) {
      let all = 0;
      for (let i = first; i < first + num; i++) all = (all << bits) | (this.#values[i % KEPT] as number);
      const end = (this.#places[(first + num - 1) % KEPT] as number) + 1;
      this.#decode(text, all, den, this.#places[first % KEPT] as number, end);
    }
  }

  /** The bytes of some characters, of which those that are text go on with it or begin it. */
  #decode(text: DecodedText, all: number, count: number, source: number, end: number): void {
    const { ratio, label } = this.#encoding;
    let begun = false;
    for (let i = 0; i < count; i++) {
      const byte = (all >> (8 * (count - 1 - i))) & 0xff;
      if (TEXT[byte] === 0) {
        if (text.length > 0) text.flush(true, this.#found);
        begun = false;
        continue;
      }
      if (!begun) {
        if (end - source === ratio.num) text.beginPart(source, ratio, i, label);
        else text.beginWhole(source, end - source, label);
        begun = true;
      }
      text.addByte(byte);
    }
  }

  /** A byte that is no character of the run; true when it is over with that, false when it is to be looked at anew. */
  #passes(byte: number): boolean {
    switch (this.#state) {
      case INSIDE:
        if (!mayGoOn(this.#line, byte)) break;
        this.#gap = 0;
        this.#broken = false;
        return this.#blank(byte);
      case GAP:
        if (this.#encoding.values[byte] === NONE) return this.#blank(byte);
        this.#state = INSIDE;
        this.#line = 0;
        return false;
      case ESCAPE:
        if (byte === BACKSLASH) return this.#blank(byte);
        if (byte !== 0x72 && (byte !== 0x6e || this.#broken)) break;
        this.#broken ||= byte === 0x6e;
        this.#state = GAP;
        return true;
    }
    this.#end();
    return false;
  }

  #blank(byte: number): boolean {
    this.#gap++;
    if (this.#gap <= LONGEST_GAP) {
      if (byte === BACKSLASH) {
        this.#state = ESCAPE;
        return true;
      }
      if ((byte === LF && !this.#broken) || byte === CR || (this.#state === GAP && (byte === SPACE || byte === TAB))) {
        this.#broken ||= byte === LF;
        this.#state = GAP;
        return true;
      }
    }
    this.#end();
    return false;
  }

  /** The run is over: what is left of its bits are bytes too, as padding or its absence leaves them. */
  #end(): void {
    if (this.#state === OUTSIDE) return;
    const { bits, ratio } = this.#encoding;
    const count = this.#count;
    for (let rest = 2; rest < ratio.num && rest <= count; rest++) {
      const text = this.#texts[(count - rest) % ratio.num] as DecodedText;
      if (text.length === 0) continue;
      const bytes = Math.floor((bits * rest) / 8);
      const all = (this.#bits & (2 ** (bits * rest) - 1)) >> (bits * rest - 8 * bytes);
      const source = this.#places[(count - rest) % KEPT] as number;
      this.#decode(text, all, bytes, source, (this.#places[(count - 1) % KEPT] as number) + 1);
    }
    for (const text of this.#texts) if (text.length > 0) text.flush(true, this.#found);
    this.#whole.fill(0);
    this.#state = OUTSIDE;
    this.#bits = 0;
  }
}
