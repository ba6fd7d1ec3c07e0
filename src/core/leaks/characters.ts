export type CharacterTest = (code: number) => boolean;

const between = (first: string, last: string): CharacterTest => {
  const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
  return (code) => code >= from && code <= to;
};
const isLowHex = between("a", "f");
const isHighHex = between("A", "F");
const isSmallLetter = between("a", "z");
const isBigLetter = between("A", "Z");

export const isOctal = between("0", "7");
export const isDigit = between("0", "9");
export const isHex: CharacterTest = (code) => isDigit(code) || isLowHex(code) || isHighHex(code);
export const isLetter: CharacterTest = (code) => isSmallLetter(code) || isBigLetter(code);
export const isX: CharacterTest = (code) => code === 0x78 || code === 0x58;
export const isHighSurrogate = between("\ud800", "\udbff");
export const isLowSurrogate = between("\udc00", "\udfff");

export function isSign(wanted: string): CharacterTest {
  return between(wanted, wanted);
}

/** The number that a digit of any base up to 16 stands for. */
export function digitOf(code: number): number {
  return isDigit(code) ? code - 0x30 : (code | 0x20) - 0x57;
}

/** Marks a byte above 0x7f among code points: an escape of one byte says a part of a character of UTF-8. */
const OCTET = 0x200000;

/** The code of a byte that is a character or a part of one. */
export function codeOf(byte: number): number {
  return byte < 0x80 ? byte : OCTET + byte;
}

/** The bytes of UTF-8 for which a code stands. */
export function bytesOf(code: number): Uint8Array {
  return code < 0x80 || code >= OCTET ? Uint8Array.of(code & 0xff) : Buffer.from(String.fromCodePoint(code));
}

export function firstByte(code: number): number {
  return code < 0x80 ? code : (bytesOf(code)[0] as number);
}
