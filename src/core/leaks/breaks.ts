import { type CharacterTest, isSign, isX } from "./characters.ts";
import type { Spellings } from "./spellings.ts";

/**
 * What may stand between the characters of a form. `lines`: line breaks with indentation, as in MIME, PEM and YAML.
 * `bytes`: anything between the bytes of hex, as in `71:2d`, `71 2d`, `0x71, 0x2d`.
 */
export type Breaks = "none" | "lines" | "bytes";

/** So many characters stand before a line break, or every line that ends with the first of a form would be held back. */
const BEFORE_LINE = 3;
/** Where a line breaks earlier, this much is lost; forms without it find the rest. */
export const LOST_AT_LINE = BEFORE_LINE - 1;
const INDENTATION = 16;
const SEPARATORS = 16;

const isLf = isSign("\n");
const isCr = isSign("\r");
const isZero = isSign("0");
const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09;
const isSeparator: CharacterTest = (code) => code < 0x80 && SEPARATES[code] === 1;

/** 1 for the bytes with which a break begins, when they are not escaped. */
export const SEPARATES = Uint8Array.from({ length: 256 }, (_, byte) =>
  "\t\n\r ,-.:;_|".includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** Whether there may be a break after so many characters. */
export function breaksAfter(breaks: Breaks, length: number): boolean {
  if (breaks === "none") return false;
  return breaks === "lines" ? length >= BEFORE_LINE : length > 0 && length % 2 === 0;
}

/** The end of the break at this place; -1 when there is none. */
export function passBreak(spellings: Spellings, breaks: Breaks, place: number): number {
  return breaks === "lines" ? passLine(spellings, place) : passSeparators(spellings, place);
}

function passLine(spellings: Spellings, place: number): number {
  const cr = spellings.pass(place, isCr);
  const lf = spellings.pass(cr < 0 ? place : cr, isLf);
  if (lf < 0) return -1;
  // Only as they are: a plus behind a line break is one of base64, not a blank.
  let end = lf;
  while (end < lf + INDENTATION && isBlank(spellings.bytes[end])) end++;
  return end;
}

function passSeparators(spellings: Spellings, place: number): number {
  let end = place;
  for (let i = 0; i < SEPARATORS; i++) {
    const next = spellings.pass(end, isSeparator);
    if (next < 0) break;
    end = next;
  }
  if (end === place) return -1;
  const zero = spellings.pass(end, isZero);
  const x = zero < 0 ? -1 : spellings.pass(zero, isX);
  return x < 0 ? end : x;
}
