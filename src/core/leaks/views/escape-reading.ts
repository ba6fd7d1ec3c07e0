import { ENTITIES } from "../entities.ts";

/** What an escape stands for. */
export interface EscapeReading {
  /** The byte or the code point for which it stands; -1: nothing. */
  code: number;
  /** Whether the code is a byte, be it part of a character. */
  octet: boolean;
  label: string;
  /** Whether what it stands for may be part of a token. Quotes and line breaks are in every JSON text. */
  telling: boolean;
}

export const CUT = -1;
/** No escape is longer: backslashes of JSON in JSON in JSON, and a letter with eight digits. */
const LONGEST = 24;
const LONGEST_RUN = 8;
const [AMPERSAND, PERCENT, BACKSLASH, SEMICOLON, HASH] = [0x26, 0x25, 0x5c, 0x3b, 0x23];

/** 1 for the bytes with which an escape begins, or a character that is left out or folded. */
export const INTRODUCES = Uint8Array.from({ length: 256 }, (_, byte) =>
  [AMPERSAND, PERCENT, BACKSLASH, 0xe2, 0xef, 0xc2].includes(byte) ? 1 : 0,
);

/** The same bytes: an expression passes over text without them ten times as fast as a loop. */
const INTRODUCER = /[&%\\\xc2\xe2\xef]/g;

/** Where the next byte of INTRODUCES stands in a text (Latin-1) from a place on; its length when there is none. */
export function nextIntroducer(text: string, from: number): number {
  INTRODUCER.lastIndex = from;
  return INTRODUCER.test(text) ? INTRODUCER.lastIndex - 1 : text.length;
}

const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 0xff : digit;
});
/** Signs that are written behind a backslash and may be part of a token. */
const SIGNS = new Set([..."/-=+._:@&~"].map((sign) => sign.charCodeAt(0)));
const SHORT: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 10, r: 13, t: 9, '"': 34, "'": 39 }).map(([c, code]) => [c.charCodeAt(0), code]),
);
const NOT_TELLING = new Set([9, 10, 13, 34, 39, 60, 62]);

/** A reading to be filled again and again. */
export function createReading(): EscapeReading {
  return { code: 0, octet: false, label: "", telling: true };
}

/**
 * Reads the escape that begins at a place: percent (RFC 3986, and `%u`), backslash (JSON, C, Python, Rust; any run of
 * backslashes counts as one, as JSON in JSON has them), HTML; characters of no width and full-width ones as folded.
 * Returns the number of its bytes; 0 when there is none, CUT when with more bytes there may be one.
 */
export function readEscape(bytes: Uint8Array, at: number, into: EscapeReading): number {
  into.telling = true;
  into.octet = false;
  switch (bytes[at]) {
    case PERCENT:
      return readPercent(bytes, at, into);
    case BACKSLASH:
      return readBackslash(bytes, at, into);
    case AMPERSAND:
      return readEntity(bytes, at, into);
    default:
      return readFolded(bytes, at, into);
  }
}

function readPercent(bytes: Uint8Array, at: number, into: EscapeReading): number {
  into.label = "percent";
  if (bytes[at + 1] === 0x75) return readDigits(bytes, at, 2, 4, into);
  into.octet = true;
  return readDigits(bytes, at, 1, 2, into);
}

function readBackslash(bytes: Uint8Array, at: number, into: EscapeReading): number {
  into.label = "backslash";
  let end = at + 1;
  while (bytes[end] === BACKSLASH && end < at + LONGEST_RUN) end++;
  const sign = bytes[end];
  if (sign === undefined) {
    return CUT;
  }
  const before = end - at;
  if (sign === 0x75 && bytes[end + 1] === 0x7b) return readBraced(bytes, at, end + 2, into);
  if (sign === 0x75) return readDigits(bytes, at, before + 1, 4, into);
  if (sign === 0x55) return readDigits(bytes, at, before + 1, 8, into);
  if (sign === 0x78) {
    into.octet = true;
    return readDigits(bytes, at, before + 1, 2, into);
  }
  if (sign >= 0x30 && sign <= 0x33) return readOctal(bytes, at, end, into);
  const short = SHORT.get(sign);
  into.telling = short === undefined;
  if (short !== undefined || SIGNS.has(sign)) {
    into.code = short ?? sign;
    return before + 1;
  }
  return 0;
}

/** So many hex digits, `skip` bytes behind the place. */
function readDigits(bytes: Uint8Array, at: number, skip: number, digits: number, into: EscapeReading): number {
  let code = 0;
  for (let i = at + skip; i < at + skip + digits; i++) {
    if (i >= bytes.length) {
      return CUT;
    }
    const digit = HEX[bytes[i] as number] as number;
    if (digit > 15) return 0;
    code = code * 16 + digit;
  }
  if (code > 0x10ffff) return 0;
  into.code = code;
  return skip + digits;
}

function readBraced(bytes: Uint8Array, at: number, first: number, into: EscapeReading): number {
  let code = 0;
  for (let i = first; i < at + LONGEST; i++) {
    if (i >= bytes.length) {
      return CUT;
    }
    const digit = HEX[bytes[i] as number] as number;
    if (digit > 15) {
      if (bytes[i] !== 0x7d || i === first || code > 0x10ffff) return 0;
      into.code = code;
      return i + 1 - at;
    }
    code = Math.min(code * 16 + digit, 0x110000);
  }
  return 0;
}

function readOctal(bytes: Uint8Array, at: number, first: number, into: EscapeReading): number {
  let code = 0;
  for (let i = first; i < first + 3; i++) {
    if (i >= bytes.length) {
      return CUT;
    }
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 7) return 0;
    code = code * 8 + digit;
  }
  into.code = code;
  into.octet = true;
  return first + 3 - at;
}

function readEntity(bytes: Uint8Array, at: number, into: EscapeReading): number {
  into.label = "html";
  const stop = at + LONGEST;
  let end = at + 1;
  while (end < stop && end < bytes.length && isNameByte(bytes[end] as number)) end++;
  if (end === bytes.length && end < stop) {
    return CUT;
  }
  if (bytes[end] !== SEMICOLON || end === at + 1) return 0;
  const name = String.fromCharCode(...bytes.subarray(at + 1, end)).toLowerCase();
  const digits = /^#(?:x([0-9a-f]{1,10})|([0-9]{1,10}))$/.exec(name);
  const number =
    digits === null ? null : Number.parseInt(digits[1] ?? digits[2] ?? "", digits[1] === undefined ? 10 : 16);
  const code = number ?? ENTITIES.get(name);
  if (code === undefined || code > 0x10ffff) return 0;
  into.code = code;
  into.telling = !NOT_TELLING.has(code);
  return end + 1 - at;
}

function isNameByte(byte: number): boolean {
  const small = byte | 0x20;
  return (small >= 0x61 && small <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === HASH;
}

/** UTF-8 of U+00AD, U+200B to U+200F, U+2060, U+FEFF, which show nothing, and of the full-width U+FF01 to U+FF5E. */
function readFolded(bytes: Uint8Array, at: number, into: EscapeReading): number {
  into.label = "unicode";
  const [first, second, third] = [bytes[at] as number, bytes[at + 1], bytes[at + 2]];
  if (second === undefined) return CUT;
  if (first === 0xc2) return nothing(into, second === 0xad, 2);
  if (first === 0xe2 ? second !== 0x80 && second !== 0x81 : second < 0xbb || second > 0xbd) return 0;
  if (third === undefined) return CUT;
  if (first === 0xe2) return nothing(into, second === 0x80 ? third >= 0x8b && third <= 0x8f : third === 0xa0, 3);
  if (second === 0xbb) return nothing(into, third === 0xbf, 3);
  const code = ((second & 0x3f) << 6) + (third & 0x3f) + 0xf000 - 0xfee0;
  if (code < 0x21 || code > 0x7e) return 0;
  into.code = code;
  return 3;
}

function nothing(into: EscapeReading, is: boolean, length: number): number {
  into.code = -1;
  return is ? length : 0;
}
