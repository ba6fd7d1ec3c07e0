/** Something found in a stream, at offsets of that stream. */
export interface Found {
  readonly kind: "known" | "canary" | "pattern";
  /** Name of the value, or id of the token format. */
  readonly name: string;
  readonly fingerprint: string | null;
  /** Encodings taken off, outermost first. */
  readonly through: readonly string[];
  readonly start: number;
  readonly end: number;
  /** More of what was found before: the verdict on it stands. */
  readonly continues: boolean;
}

/** A search over one stream of bytes, which are given piece by piece. */
export interface StreamSearch {
  /** What was found now: all that begins before `safe`, each once. `last`: nothing follows. */
  push(bytes: Uint8Array, last: boolean): readonly Found[];
  /** What begins before this offset has been reported. At the end of the stream that is all of it. */
  readonly safe: number;
}

export const NOTHING: readonly Found[] = Object.freeze([]);

/**
 * Whether so many new bytes are worth searching what is held once more. A tail that grows byte by byte is searched each
 * time it has grown by a quarter, so that no chunking makes the work more than a few times the length of the stream.
 */
export function isWorthwhile(fresh: number, held: number): boolean {
  return fresh * 4 >= held;
}
