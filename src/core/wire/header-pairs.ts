/** A header field as it was sent; the name keeps its case. */
export type HeaderPair = readonly [name: string, value: string];

export type HeaderReading =
  | { readonly ok: true; readonly headers: readonly HeaderPair[] }
  | { readonly ok: false; readonly why: string };

/** Greatest number of fields of one head. Node cuts longer heads silently at its own limit, so ours is far below (attack row 49). */
export const HEADER_COUNT_LIMIT = 100;

/** Reads Node's `rawHeaders` (name, value, name, value ...) into pairs; refuses bad names, bad values and too many. Attack rows 47, 49, 50. */
export declare function readHeaderPairs(rawHeaders: readonly string[]): HeaderReading;

/** Values of every field called `name` (lower case), in order. */
export declare function headerValues(headers: readonly HeaderPair[], name: string): readonly string[];

/** The pairs without the fields named in `names` (lower case). */
export declare function withoutHeaders(
  headers: readonly HeaderPair[],
  names: ReadonlySet<string>,
): readonly HeaderPair[];

/** Back to the flat list that Node and undici take. */
export declare function flattenHeaders(headers: readonly HeaderPair[]): string[];

/** True when the value holds no CR, LF, NUL or other control character but TAB (attack row 69). */
export declare function isSafeHeaderValue(value: string): boolean;
