import { createHash } from "node:crypto";

/** `length` characters of a class (as in a regular expression's brackets) that look random and are always the same. */
export function digits(of: string, length: number, seed: string): string {
  const expression = new RegExp(`[${of}]`);
  const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).filter((c) =>
    expression.test(c),
  );
  let text = "";
  for (let block = 0; text.length < length; block++) {
    const hash = createHash("sha256").update(`${seed} ${block}`).digest();
    for (const byte of hash) text += alphabet[byte % alphabet.length];
  }
  return text.slice(0, length);
}
