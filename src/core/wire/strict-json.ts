/** JSON data as read: objects have no prototype. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  /** `at` is the offset in UTF-16 units of the decoded text; 0 when it could not be decoded. */
  | { readonly ok: false; readonly why: string; readonly at: number };

export const JSON_DEPTH_LIMIT = 128;

/**
 * Parses JSON (RFC 8259) so that no other parser can read something else: duplicate keys, invalid UTF-8, a byte order
 * mark, lone surrogates, numbers beyond double range, deep nesting and trailing text are refused. Attack row 137.
 */
export declare function parseStrictJson(bytes: Uint8Array, maxDepth?: number): JsonReading;
