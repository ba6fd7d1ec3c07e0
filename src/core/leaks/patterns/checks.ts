import { crc32Base62 } from "../crc32.ts";
import type { CheckName } from "../token-format.ts";

const SIMPLE: Readonly<Record<string, (token: string) => boolean>> = {
  // GitHub and npm: the last six digits are the CRC-32 of the thirty before, in base 62 (github.blog, 2021-04-05).
  "github-crc32": hasChecksum,
  "npm-crc32": hasChecksum,
  "jwt-json": isJsonWebToken,
  "pem-body": hasKeyBody,
};

/** The check of a name, as a function. */
export function checkOf(name: CheckName): (token: string) => boolean {
  const bits = /^entropy:(.+)$/.exec(name)?.[1];
  if (bits !== undefined) return (token) => entropyOf(token) >= Number(bits);
  const check = SIMPLE[name];
  if (check === undefined) throw new RangeError(`no check ${name}`);
  return check;
}

function hasChecksum(token: string): boolean {
  const digits = token.slice(token.indexOf("_") + 1);
  return crc32Base62(digits.slice(0, -6)) === digits.slice(-6);
}

/** RFC 7519: the first part is a JSON object, base64url, with an algorithm. */
function isJsonWebToken(token: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split(".", 1)[0] ?? "", "base64url").toString());
    return typeof header === "object" && header !== null && ("alg" in header || "enc" in header);
  } catch {
    return false;
  }
}

/** RFC 7468: lines of base64, here of at least 40 digits that are no filling. */
function hasKeyBody(token: string): boolean {
  const lines = token.replaceAll(/\\+[nrt]/g, "\n").match(/[A-Za-z0-9+/]{40,}/g) ?? [];
  return lines.some((line) => entropyOf(line) >= 3.5);
}

/** Shannon entropy in bits for each character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
