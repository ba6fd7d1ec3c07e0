import { createReading, nextIntroducer, readEscape } from "./escape-reading.ts";
import { NONE, type RunEncoding } from "./run-encoding.ts";
import { leastOf, mayGoOn, TEXT } from "./run-search.ts";

const reading = createReading();

/** True when `EscapeSearch` would take escapes off a word of this whole text, given as Latin-1 and as its bytes. */
export function mayEscape(text: string, bytes: Uint8Array): boolean {
  for (let at = nextIntroducer(text, 0); at < bytes.length; at = nextIntroducer(text, at)) {
    const length = readEscape(bytes, at, reading);
    if (length > 0 && reading.telling) return true;
    at += Math.max(length, 1);
  }
  return false;
}

/** True when `RunSearch` could take a text out of characters of this encoding, that is when it would begin one. */
export function mayHide(encoding: RunEncoding, bytes: Uint8Array): boolean {
  const { values } = encoding;
  const { least } = leastOf(encoding);
  for (let start = 0; start + least <= bytes.length; ) {
    // From the end of the least run back, as `RunSearch` does.
    let at = start + least - 1;
    while (at >= start && values[bytes[at] as number] !== NONE) at--;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + least;
    while (end < bytes.length && values[bytes[end] as number] !== NONE) end++;
    if (end < bytes.length && mayGoOn(end - start, bytes[end] as number)) return true;
    if (hasText(encoding, bytes, start, end)) return true;
    start = end + 1;
  }
  return false;
}

/** Whether groups of a run's characters are text for long enough, wherever the first group begins. */
function hasText(encoding: RunEncoding, bytes: Uint8Array, start: number, end: number): boolean {
  const { bits, ratio, values } = encoding;
  const { needed } = leastOf(encoding);
  for (let lead = 0; lead < ratio.num; lead++) {
    let whole = 0;
    for (let at = start + lead; at + ratio.num <= end; at += ratio.num) {
      let all = 0;
      for (let i = at; i < at + ratio.num; i++) all = (all << bits) | (values[bytes[i] as number] as number);
      let shift = 8 * (ratio.den - 1);
      while (shift >= 0 && TEXT[(all >> shift) & 0xff] === 1) shift -= 8;
      whole = shift < 0 ? whole + 1 : 0;
      if (whole === needed) return true;
    }
  }
  return false;
}
