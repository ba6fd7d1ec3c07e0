import { crc32Base62 } from "../crc32.ts";
import type { CheckName } from "../token-format.ts";

const SIMPLE: Readonly<Record<string, (token: string) => boolean>> = {
  // GitHub and npm: the last six digits are the CRC-32 of the thirty before, in base 62 (github.blog, 2021-04-05).
  "github-crc32": hasChecksum,
  "npm-crc32": hasChecksum,
  "jwt-json": isJsonWebToken,
  "pem-body": hasKeyBody,
  "url-password": isPassword,
  "basic-pair": isBasicPair,
  irregular: isIrregular,
  mixed: isMixed,
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

const WORDS =
  /^(?:my|the|some|db|new|old|super|top|very|user|admin|root)?[-_.]?(?:p[a4@]+s*(?:s?w[o0]*r?d?|s|w|phrase)?|pwd|s[e3]cr[e3]t|tok[e3]n|key|admin|root|user(?:name)?|login|test(?:ing)?|guest|hunter|letmein|qwerty|foo(?:bar)?|bar|baz|api[-_]?key|credentials?|postgres|mysql|mongo|redis|value|string)[-_.]?(?:password|word|key|here|value|token|secret)?[-_.!0-9]{0,6}$/i;

/** An address with a port, or a time behind one, and the next parameter: `http://localhost:3000&mail=me@host`. */
const NEXT_PARAMETER = /^[0-9]{2,5}(?::[0-9]{2})?[&?;#][\w.%-]{1,40}=/;

/** What is no word of documentation, no template, no lone plain word and no port. */
function isPassword(text: string): boolean {
  if (NEXT_PARAMETER.test(text)) return false;
  if (WORDS.test(text) || /[${}<>()[\]]|%[sdv(]|%[37][BbCcDd]|^[*x.#-]+$/.test(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
  return (kinds >= 2 || text.length >= 16) && entropyOf(text) >= 2.3;
}

/** Neither a word nor a name of code, nor a number. */
function isIrregular(text: string): boolean {
  return (text.match(/[0-9]/g) ?? []).length >= 2 && /[A-Za-z]/.test(text) && entropyOf(text) >= 3.2;
}

/** No name of code or style: those seldom have small letters, capitals and digits at once. */
function isMixed(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text) && entropyOf(text) >= 3.5;
}

/** RFC 7617: name, colon and password, in base64. */
function isBasicPair(token: string): boolean {
  const pair = Buffer.from(token, "base64").toString("latin1");
  const colon = pair.indexOf(":");
  return colon > 0 && /^[\x20-\x7e]+$/.test(pair) && isPassword(pair.slice(colon + 1));
}

/** Shannon entropy in bits for each character. */
function entropyOf(text: string): number {
  const counts = new Uint16Array(256);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) & 0xff;
    counts[code] = (counts[code] as number) + 1;
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
