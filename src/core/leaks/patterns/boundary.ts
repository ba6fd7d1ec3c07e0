/** So many bytes before a token say whether it begins soundly: the longest escape looked at. */
export const CONTEXT_BYTES = 10;

/** Formats share few classes. `[]` is the empty one. */
const TABLES = new Map<string, Uint8Array>();

/** One entry for each byte: 1 when it is in the class, given as in a regular expression's brackets. */
export function classTable(characters: string): Uint8Array {
  const known = TABLES.get(characters);
  if (known !== undefined) return known;
  const expression = new RegExp(`[${characters}]`);
  const table = Uint8Array.from({ length: 256 }, (_, byte) => (expression.test(String.fromCharCode(byte)) ? 1 : 0));
  TABLES.set(characters, table);
  return table;
}

/** What may end with a letter or digit and yet stand for something else: escapes of JSON, C, URLs and terminals. */
const ESCAPE_AT_END = /(?:\\[abefnrtv0]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|%[0-9a-f]{2}|\[[0-9;]{1,7}m)$/i;

/** Whether a token may begin at `start`: nothing of `forbidden` stands before it, but for the end of an escape. */
export function beginsSoundly(bytes: Uint8Array, start: number, forbidden: Uint8Array): boolean {
  if (start === 0 || forbidden[bytes[start - 1] as number] === 0) return true;
  const before = bytes.subarray(Math.max(0, start - CONTEXT_BYTES), start);
  for (const byte of before) {
    // Backslash, percent sign or bracket: only then is the text worth making.
    if (byte === 0x5c || byte === 0x25 || byte === 0x5b) return ESCAPE_AT_END.test(String.fromCharCode(...before));
  }
  return false;
}
