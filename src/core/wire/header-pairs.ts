/** A header field as it was sent; the name keeps its case. */
export type HeaderPair = readonly [name: string, value: string];

export type HeaderReading =
  | { readonly ok: true; readonly headers: readonly HeaderPair[] }
  | { readonly ok: false; readonly limit: boolean; readonly why: string };

/** Greatest number of fields of one head. Node cuts longer heads silently at its own limit, so ours is far below (attack row 49). */
export const HEADER_COUNT_LIMIT = 100;

/** token of RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads Node's `rawHeaders` (name, value, name, value ...) into pairs; refuses bad names, bad values and too many
 * (`limit` true). Never by name into an object: `__proto__` is refused besides. Attack rows 47, 49, 50.
 */
export function readHeaderPairs(rawHeaders: readonly string[]): HeaderReading {
  if (rawHeaders.length % 2 !== 0) return { ok: false, limit: false, why: "odd header list" };
  if (rawHeaders.length > 2 * HEADER_COUNT_LIMIT) return { ok: false, limit: true, why: "too many header fields" };
  const headers: HeaderPair[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    const value = rawHeaders[i + 1] ?? "";
    if (!isToken(name) || name === "__proto__") return { ok: false, limit: false, why: "malformed header name" };
    if (!isSafeHeaderValue(value)) return { ok: false, limit: false, why: "control character in a header value" };
    headers.push([name, value]);
  }
  return { ok: true, headers };
}

const NONE: readonly string[] = Object.freeze([]);

/** Values of every field called `name` (lower case), in order. */
export function headerValues(headers: readonly HeaderPair[], name: string): readonly string[] {
  // Asked several times for each head: a loop that makes nothing where nothing is found.
  let values: string[] | null = null;
  for (const [it, value] of headers) {
    if (it.length !== name.length || it.toLowerCase() !== name) continue;
    if (values === null) values = [value];
    else values.push(value);
  }
  return values ?? NONE;
}

/** The pairs without the fields named in `names` (lower case). */
export function withoutHeaders(headers: readonly HeaderPair[], names: ReadonlySet<string>): readonly HeaderPair[] {
  return headers.filter(([name]) => !names.has(name.toLowerCase()));
}

/** Back to the flat list that Node and undici take. */
export function flattenHeaders(headers: readonly HeaderPair[]): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  return flat;
}

/** True when the text can be a header name (RFC 9110 5.1). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** True for TAB, visible ASCII, space and Latin-1: no CR, LF, NUL or other control, nothing that Node would truncate (attack row 69). */
export function isSafeHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
