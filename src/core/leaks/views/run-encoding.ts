import type { Ratio } from "./offset-map.ts";

/** An encoding that writes every byte with characters of one alphabet. */
export interface RunEncoding {
  readonly label: string;
  /** Bits of one character. */
  readonly bits: number;
  /** `num` characters for `den` bytes. */
  readonly ratio: Ratio;
  /** The value of each byte as a character; NONE where it is none. */
  readonly values: Uint8Array;
}

/** The value of a byte that is no character of an alphabet. */
export const NONE = 0xff;

/** RFC 4648 sections 4 and 5, both alphabets at once. */
export const BASE64: RunEncoding = {
  label: "base64",
  bits: 6,
  ratio: { num: 4, den: 3 },
  values: valuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", { "-": 62, _: 63 }),
};

/** RFC 4648 section 8, in any case. */
export const HEX: RunEncoding = {
  label: "hex",
  bits: 4,
  ratio: { num: 2, den: 1 },
  values: valuesOf("0123456789abcdef", { A: 10, B: 11, C: 12, D: 13, E: 14, F: 15 }),
};

function valuesOf(alphabet: string, others: Readonly<Record<string, number>>): Uint8Array {
  const values = new Uint8Array(256).fill(NONE);
  for (const [value, character] of [...alphabet].entries()) values[character.charCodeAt(0)] = value;
  for (const [character, value] of Object.entries(others)) values[character.charCodeAt(0)] = value;
  return values;
}
