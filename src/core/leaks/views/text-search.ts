import type { PatternSet } from "../patterns.ts";
import { EscapeSearch } from "./escape-search.ts";
import { PatternSearchStream } from "./pattern-search.ts";
import { BASE64, HEX } from "./run-encoding.ts";
import { RunSearch } from "./run-search.ts";
import { type Found, NOTHING, type StreamSearch } from "./search.ts";

/** Encodings within encodings that are taken off. */
const DEPTH = 3;

/** Searches bytes for token formats: as they are, and with up to three layers of encodings taken off. */
export function createTextSearch(patterns: PatternSet, depth = 0): StreamSearch {
  const plain = new PatternSearchStream(patterns);
  if (depth === DEPTH) return plain;
  const inner = () => createTextSearch(patterns, depth + 1);
  return createJointSearch([plain, new EscapeSearch(inner), new RunSearch(BASE64, inner), new RunSearch(HEX, inner)]);
}

/** Several searches over one stream. */
export function createJointSearch(searches: readonly StreamSearch[]): StreamSearch {
  let position = 0;
  return {
    push(bytes, last) {
      position += bytes.length;
      let all: Found[] | null = null;
      for (const search of searches) {
        const found = search.push(bytes, last);
        if (found.length > 0) all = all === null ? [...found] : [...all, ...found];
      }
      return all ?? NOTHING;
    },
    get safe() {
      let safe = position;
      for (const search of searches) safe = Math.min(safe, search.safe);
      return safe;
    },
  };
}
