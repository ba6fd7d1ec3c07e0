import {
  type CharacterTest,
  codeOf,
  digitOf,
  isDigit,
  isHex,
  isHighSurrogate,
  isLetter,
  isLowSurrogate,
  isOctal,
  isSign,
  isX,
} from "./characters.ts";
import { ENTITIES, ENTITY_BEGINNINGS } from "./entities.ts";

/** One way to read the bytes from some place on as a single character. */
export interface Reading {
  /** A code point, or a part of one as `codeOf` says. */
  readonly code: number;
  /** Where the next character begins. */
  readonly end: number;
  /** Whether no escape begins with it. */
  readonly last: boolean;
}

/** How deep the characters of an escape may be escaped themselves: `\u0026#43;`, `%25%32%42`. */
const LAYERS = 3;
/** Ways to read one place that are tried; each escape of `%` or `&` makes another: `%2525252B`. */
const READINGS = 8;
/** What is longer is no spelling of one character; with the lengths of the forms this bounds what a stream holds back. */
export const LONGEST_SPELLING = 128;
/** Digits of a number, leading zeros too. */
const LONGEST_NUMBER = 10;
/** JSON in JSON in JSON writes eight backslashes for one. */
const LONGEST_RUN = 8;

const [SPACE, PERCENT, AMPERSAND, PLUS, BACKSLASH] = [0x20, 0x25, 0x26, 0x2b, 0x5c];
const isNothing: CharacterTest = () => false;
const isHash = isSign("#");
const isSemicolon = isSign(";");
const isBackslash = isSign("\\");
const isOpen = isSign("{");
const isClose = isSign("}");
const isSmallU = isSign("u");
const isHexOrU: CharacterTest = (code) => isHex(code) || isSmallU(code);
const isHashOrLetter: CharacterTest = (code) => isHash(code) || isLetter(code);
/** What a letter behind a backslash stands for. */
const SHORT: ReadonlyMap<string, number> = new Map([..."btnvfr"].map((letter, i) => [letter, 8 + i]));

/** 1 for the bytes with which an escape begins. */
export const INTRODUCES = Uint8Array.from({ length: 256 }, (_, byte) =>
  [PERCENT, AMPERSAND, PLUS, BACKSLASH].includes(byte) ? 1 : 0,
);

/** What an escape may stand for, and whether it goes over the end of the bytes. */
interface Escape {
  readonly place: number;
  readonly readings: readonly Reading[];
  readonly cut: boolean;
}

const NONE: readonly Reading[] = Object.freeze([]);
/** Escapes that are kept, since several forms are followed over the same bytes. */
const KEPT = 64;

/** Reads bytes as escaping encoders write characters: percent, backslash, HTML; each within any of the others. */
export class Spellings {
  readonly bytes: Uint8Array;
  /** Set when a reading ran over the end of the bytes: with more of them there may be another. Who asks clears it. */
  cut = false;
  #stop = 0;
  /** The character that was picked last. */
  #code = 0;
  /** Whether the second half of a pair is being read. */
  #paired = false;
  readonly #kept: Escape[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Every character for which an escape at this place may stand. */
  escapes(place: number): readonly Reading[] {
    const kept = this.#kept[place % KEPT];
    const known = kept?.place === place ? kept : this.#escape(place);
    if (known.cut) this.cut = true;
    return known.readings;
  }

  #escape(place: number): Escape {
    const before = this.cut;
    this.cut = false;
    this.#stop = Math.min(this.bytes.length, place + LONGEST_SPELLING);
    const all = this.#read(place, LAYERS, isNothing);
    const known = { readings: all.length === 1 ? NONE : all.slice(1), cut: this.cut, place };
    this.cut = before;
    this.#kept[place % KEPT] = known;
    return known;
  }

  /** The end of a character at this place that passes the test, escaped or not; -1 when there is none. */
  pass(place: number, test: CharacterTest): number {
    this.#stop = Math.min(this.bytes.length, place + LONGEST_SPELLING);
    return this.#pick(place, LAYERS, test);
  }

  /** The byte itself, then what it may stand for together with those behind it, up to the first that passes the test. */
  #read(place: number, layers: number, test: CharacterTest): Reading[] {
    const all: Reading[] = [{ code: this.bytes[place] as number, end: place + 1, last: false }];
    if (layers === 0) return all;
    // Grows on the way: what an escape stands for may begin the next one.
    for (const { code, end, last } of all) {
      if (test(code)) break;
      if (last || all.length > READINGS) continue;
      if (code === PLUS) all.push({ code: SPACE, end, last: true });
      else if (code === PERCENT) this.#percent(end, layers - 1, all);
      else if (code === BACKSLASH) this.#backslash(end, layers - 1, all);
      else if (code === AMPERSAND) this.#entity(end, layers - 1, all);
    }
    return all;
  }

  /** The end of a character at this place that passes the test, which `#code` then is; -1 when there is none. */
  #pick(place: number, layers: number, test: CharacterTest): number {
    if (this.#isOver(place)) return -1;
    this.#code = this.bytes[place] as number;
    if (test(this.#code)) return place + 1;
    if (INTRODUCES[this.#code] === 0 || layers === 0) return -1;
    const reading = this.#read(place, layers, test).find(({ code }) => test(code));
    this.#code = reading?.code ?? 0;
    return reading?.end ?? -1;
  }

  #isOver(place: number): boolean {
    if (place < this.#stop) return false;
    if (this.#stop === this.bytes.length) this.cut = true;
    return true;
  }

  #percent(place: number, layers: number, all: Reading[]): void {
    const end = this.#pick(place, layers, isHexOrU);
    if (end < 0) return;
    if (isSmallU(this.#code)) this.#unit(end, 4, layers, all);
    else this.#octet(place, 2, 16, layers, all);
  }

  /** A run of backslashes counts as one: JSON doubles them each time, and encoders differ in how many they write. */
  #backslash(place: number, layers: number, all: Reading[]): void {
    let end = place;
    for (let run = 2; run <= LONGEST_RUN; run++) {
      const more = this.#pick(end, layers, isBackslash);
      if (more < 0) break;
      end = more;
      if (run === 2 || run === 4 || run === 8) all.push({ code: BACKSLASH, end, last: true });
    }
    // A longer run is read from later on.
    if (this.#pick(end, layers, isBackslash) >= 0 || this.#isOver(end)) return;
    for (const next of this.#read(end, layers, isNothing)) this.#escaped(next, end, layers, all);
  }

  /** A backslash before this character, which begins at `place`. */
  #escaped({ code, end }: Reading, place: number, layers: number, all: Reading[]): void {
    const letter = code < 0x80 ? String.fromCharCode(code) : "";
    const short = SHORT.get(letter);
    if (short !== undefined) all.push({ code: short, end, last: false });
    else if (letter === "u") {
      this.#unit(end, 4, layers, all);
      this.#braced(end, layers, all);
    } else if (letter === "U") this.#unit(end, 8, layers, all);
    else if (letter === "x") {
      // In some languages a byte, in others a code point.
      this.#octet(end, 2, 16, layers, all);
      if (this.#code > 0x7f) this.#unit(end, 2, layers, all);
    } else if (isOctal(code)) this.#octet(place, 3, 8, layers, all);
    // Before a sign it stands for that sign: `\/`, `\-`.
    else if (letter !== "" && !isBackslash(code) && !isLetter(code) && !isDigit(code))
      all.push({ code, end, last: true });
  }

  #braced(place: number, layers: number, all: Reading[]): void {
    const open = this.#pick(place, layers, isOpen);
    if (open >= 0) this.#closed(open, 16, isClose, layers, all);
  }

  #entity(place: number, layers: number, all: Reading[]): void {
    const first = this.#pick(place, layers, isHashOrLetter);
    if (first < 0) return;
    if (isHash(this.#code)) {
      const x = this.#pick(first, layers, isX);
      if (x < 0) this.#closed(first, 10, isSemicolon, layers, all);
      else this.#closed(x, 16, isSemicolon, layers, all);
    } else this.#named(place, layers, all);
  }

  #named(place: number, layers: number, all: Reading[]): void {
    let name = "";
    let end = place;
    while (ENTITY_BEGINNINGS.has(name)) {
      const letter = this.#pick(end, layers, isLetter);
      if (letter < 0) break;
      name += String.fromCharCode(this.#code).toLowerCase();
      end = letter;
    }
    const code = ENTITIES.get(name);
    const close = code === undefined ? -1 : this.#pick(end, layers, isSemicolon);
    if (code !== undefined && close >= 0) all.push({ code, end: close, last: false });
  }

  /** A code point in digits, leading zeros too, and the sign that closes it. */
  #closed(place: number, base: 10 | 16, test: CharacterTest, layers: number, all: Reading[]): void {
    const end = this.#number(place, 1, LONGEST_NUMBER, base, layers);
    const code = this.#code;
    const close = end < 0 ? -1 : this.#pick(end, layers, test);
    if (close >= 0) all.push({ code, end: close, last: false });
  }

  /** A byte in digits. */
  #octet(place: number, digits: number, base: 8 | 16, layers: number, all: Reading[]): void {
    const end = this.#number(place, digits, digits, base, layers);
    if (end >= 0 && this.#code < 0x100) all.push({ code: codeOf(this.#code), end, last: false });
  }

  /** A code point in hex, or the two halves of one as UTF-16 has them. */
  #unit(place: number, digits: number, layers: number, all: Reading[]): void {
    const end = this.#number(place, digits, digits, 16, layers);
    if (end < 0) return;
    const high = this.#code;
    all.push({ code: high, end, last: false });
    if (!isHighSurrogate(high) || this.#paired) return;
    this.#paired = true;
    const low = this.#pick(end, layers + 1, isLowSurrogate);
    this.#paired = false;
    if (low < 0) return;
    all.push({ code: 0x10000 + ((high - 0xd800) << 10) + (this.#code - 0xdc00), end: low, last: false });
  }

  /** The end of a number, which `#code` then is; -1 when there are too few digits or it is no code point. */
  #number(place: number, least: number, most: number, base: 8 | 10 | 16, layers: number): number {
    const test = base === 8 ? isOctal : base === 10 ? isDigit : isHex;
    let number = 0;
    let end = place;
    for (let digits = 0; digits < most; digits++) {
      const next = this.#pick(end, layers, test);
      if (next < 0 && digits < least) return -1;
      if (next < 0) break;
      number = number * base + digitOf(this.#code);
      end = next;
    }
    this.#code = number;
    return number <= 0x10ffff ? end : -1;
  }
}
