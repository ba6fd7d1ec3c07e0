import { createHmac } from "node:crypto";
import { BottleError } from "../model/errors.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * `shape` with a random letter or digit for each `x`, everything else as it is: as long as the real thing, so that
 * agents believe they are logged in and lengths tell nothing (attack row 104). `random` needs a byte for each `x`;
 * throws INVARIANT when it is too short.
 */
export function placeholder(shape: string, random: Uint8Array): string {
  let used = 0;
  return shape.replace(/x/g, () => {
    const byte = random[used];
    used += 1;
    if (byte === undefined) throw new BottleError("INVARIANT", "too few random bytes for a placeholder");
    return ALPHABET[byte % ALPHABET.length] ?? "";
  });
}

/** `length` bytes that only who knows `entropy` can foresee, different for each `purpose` (HMAC-SHA-256 in counter mode, NIST SP 800-108). */
export function deriveBytes(entropy: Uint8Array, purpose: string, length: number): Uint8Array {
  if (entropy.length < 32) throw new BottleError("INVARIANT", "a plan needs 32 random bytes");
  const blocks: Buffer[] = [];
  for (let counter = 1; blocks.length * 32 < length; counter += 1) {
    blocks.push(createHmac("sha256", entropy).update(`${counter}\0${purpose}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
