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

interface Node {
  readonly children: Map<number, Node>;
  readonly depth: number;
  readonly ends: number[];
  fail: Node | null;
  number: number;
}

const node = (depth: number): Node => ({ children: new Map(), depth, ends: [], fail: null, number: 0 });

/** Builds the automaton (Aho and Corasick 1975). At most 65,536 states, so that the table stays small enough for caches. */
export function buildKeywordTable(keywords: readonly string[]): KeywordTable {
  const root = node(0);
  for (const [index, keyword] of keywords.entries()) {
    let at = root;
    for (const byte of Buffer.from(keyword, "latin1")) {
      const folded = FOLD[byte] as number;
      const child = at.children.get(folded) ?? node(at.depth + 1);
      at.children.set(folded, child);
      at = child;
    }
    at.ends.push(index);
  }
  const nodes = [root];
  for (const at of nodes) {
    for (const [byte, child] of at.children) {
      let fail = at.fail;
      while (fail !== null && !fail.children.has(byte)) fail = fail.fail;
      child.fail = fail?.children.get(byte) ?? root;
      // Shorter keywords that end here too: the one failed to comes earlier and has its own already.
      child.ends.push(...child.fail.ends);
      nodes.push(child);
    }
  }
  if (nodes.length > 0x10000) throw new RangeError("too many keywords for the table");
  const quiet = nodes.filter(({ ends }) => ends.length === 0);
  const telling = nodes.filter(({ ends }) => ends.length > 0);
  for (const [number, at] of [...quiet, ...telling].entries()) at.number = number;
  const next = new Uint16Array(nodes.length * 256);
  for (const at of nodes) {
    const row = at.number * 256;
    const fallback = (at.fail?.number ?? 0) * 256;
    if (at.fail !== null) next.copyWithin(row, fallback, fallback + 256);
    for (const [byte, child] of at.children) {
      next[row + byte] = child.number;
      if (byte >= 0x61 && byte <= 0x7a) next[row + byte - 0x20] = child.number;
    }
  }
  return {
    next,
    firstHit: quiet.length,
    hits: telling.map(({ ends }) => ends),
    depth: Uint8Array.from([...quiet, ...telling].map(({ depth }) => depth)),
  };
}
