import { FOLD } from "../anchors.ts";

/** An Aho-Corasick automaton over keywords of any length, as a dense table; ASCII letters are compared without case. */
export interface KeywordTable {
  /** `next[state * 256 + byte]`. State 0 is the root. */
  readonly next: Uint16Array;
  /** From this state on at least one keyword has just ended. */
  readonly firstHit: number;
  /** For each state from `firstHit` on: the keywords that end there, as indices, the longest first. */
  readonly hits: readonly (readonly number[])[];
  /** How many of the last bytes a state stands for. */
  readonly depth: Uint8Array;
}

/**
 * Builds the automaton (Aho and Corasick 1975). At most 65,536 states, so that the table stays small enough for caches.
 * Every start builds one of 2,700 states: a trie of objects and maps would take four times as long.
 */
export function buildKeywordTable(keywords: readonly string[]): KeywordTable {
  const most = 1 + keywords.reduce((sum, { length }) => sum + length, 0);
  // State 0 is the root, which is nobody's child and nobody's sibling: 0 stands for none there.
  const byteOf = new Uint8Array(most);
  const child = new Uint32Array(most);
  const sibling = new Uint32Array(most);
  const depth = new Uint8Array(most);
  const ends = new Map<number, readonly number[]>();
  let count = 1;
  const ofRoot = new Uint16Array(256);
  const childOf = (at: number, byte: number): number => {
    if (at === 0) return ofRoot[byte] as number;
    let one = child[at] as number;
    while (one !== 0 && byteOf[one] !== byte) one = sibling[one] as number;
    return one;
  };
  for (const [index, keyword] of keywords.entries()) {
    let at = 0;
    for (let i = 0; i < keyword.length; i++) {
      const byte = FOLD[keyword.charCodeAt(i) & 0xff] as number;
      let next = childOf(at, byte);
      if (next === 0) {
        next = count++;
        byteOf[next] = byte;
        depth[next] = i + 1;
        sibling[next] = child[at] as number;
        child[at] = next;
        if (at === 0) ofRoot[byte] = next;
      }
      at = next;
    }
    ends.set(at, [...(ends.get(at) ?? []), index]);
  }
  if (count > 0x10000) throw new RangeError("too many keywords for the table");

  const fail = new Uint32Array(count);
  const order = new Uint32Array(count);
  let known = 1;
  for (let i = 0; i < known; i++) {
    const at = order[i] as number;
    for (let one = child[at] as number; one !== 0; one = sibling[one] as number) {
      const byte = byteOf[one] as number;
      let back = at;
      let to = 0;
      while (back !== 0 && to === 0) {
        back = fail[back] as number;
        to = childOf(back, byte);
      }
      fail[one] = to;
      // Shorter keywords that end here too: the state failed to comes earlier and has its own already.
      const more = ends.get(to);
      if (more !== undefined) ends.set(one, [...(ends.get(one) ?? []), ...more]);
      order[known++] = one;
    }
  }

  const firstHit = count - ends.size;
  const number = new Uint16Array(count);
  const hits: (readonly number[])[] = [];
  const depths = new Uint8Array(count);
  let quiet = 0;
  for (const at of order) {
    const told = ends.get(at);
    number[at] = told === undefined ? quiet++ : firstHit + hits.push(told) - 1;
    depths[number[at] as number] = depth[at] as number;
  }
  const next = new Uint16Array(count * 256);
  for (const at of order) {
    const row = (number[at] as number) * 256;
    const fallback = (number[fail[at] as number] as number) * 256;
    if (at !== 0) next.copyWithin(row, fallback, fallback + 256);
    for (let one = child[at] as number; one !== 0; one = sibling[one] as number) {
      const byte = byteOf[one] as number;
      next[row + byte] = number[one] as number;
      if (byte >= 0x61 && byte <= 0x7a) next[row + byte - 0x20] = number[one] as number;
    }
  }
  return { next, firstHit, hits, depth: depths };
}
