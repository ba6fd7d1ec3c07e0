import { INTRODUCES } from "./spellings.ts";

const [SPACE, HASH, PERCENT, PLUS, BACKSLASH] = [0x20, 0x23, 0x25, 0x2b, 0x5c];
/** As `Spellings` reads them: backslashes that count as one. */
const LONGEST_RUN = 8;

/** What a byte behind a backslash makes of it: a code below 0x80, or one of these. */
const NOTHING = 0xfe;
const LOOK = 0xff;
const BEHIND_BACKSLASH = Uint8Array.from({ length: 256 }, (_, byte) => {
  const sign = String.fromCharCode(byte);
  const short = "btnvfr".indexOf(sign);
  if (short >= 0) return 8 + short;
  if (INTRODUCES[byte] === 1 || /[uUx0-7]/.test(sign)) return LOOK;
  return byte >= 0x80 || /[A-Za-z0-9]/.test(sign) ? NOTHING : byte;
});
/** Value of a hex digit; LOOK for what may become one or begins another escape, NOTHING for the rest. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  if (!Number.isNaN(digit)) return digit;
  return INTRODUCES[byte] === 1 || byte === 0x75 ? LOOK : NOTHING;
});

/**
 * True when the escape at this place leads nowhere from a state of the automaton, told without reading it in full: the
 * `\n` and `\"` of JSON and the `%20` of a URL are most of all escapes, and nearly none is part of a needle. `row` is the
 * state's row of the table `next`. False when only a full reading can tell.
 */
export function isIdleEscape(next: Uint16Array | Uint32Array, row: number, bytes: Uint8Array, place: number): boolean {
  const idle = (code: number) => next[row | code] === 0;
  switch (bytes[place]) {
    case PLUS:
      return idle(SPACE);
    case PERCENT: {
      const high = HEX[bytes[place + 1] ?? BACKSLASH] as number;
      if (high > 0xf) return high === NOTHING;
      const low = HEX[bytes[place + 2] ?? BACKSLASH] as number;
      if (low > 0xf) return low === NOTHING;
      const code = (high << 4) | low;
      return code < 0x80 && INTRODUCES[code] === 0 && idle(code);
    }
    case BACKSLASH: {
      let end = place + 1;
      while (bytes[end] === BACKSLASH && end < place + LONGEST_RUN) end++;
      if (end > place + 1 && !idle(BACKSLASH)) return false;
      const behind = bytes[end];
      if (behind === BACKSLASH) return true;
      const code = behind === undefined ? LOOK : (BEHIND_BACKSLASH[behind] as number);
      return code === NOTHING || (code !== LOOK && idle(code));
    }
    default: {
      const behind = bytes[place + 1];
      if (behind === undefined || behind === HASH || INTRODUCES[behind] === 1) return false;
      return !/[A-Za-z]/.test(String.fromCharCode(behind));
    }
  }
}
