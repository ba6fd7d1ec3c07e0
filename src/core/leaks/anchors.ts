/** Bytes at the start of every needle that the automaton looks for; the rest is compared at a hit. */
export const ANCHOR_BYTES = 8;

/** An Aho-Corasick automaton over anchors of one length, as a dense table. */
export interface AnchorTable {
  /** `next[state * 256 + byte]`; letters are folded here, so bytes need no folding before. State 0 is the root. */
  readonly next: Uint16Array | Uint32Array;
  /** From this state on a whole anchor has just ended. */
  readonly firstFull: number;
  /** How many of the last bytes a state stands for. */
  readonly depth: Uint8Array;
  /** The state that stands for fewer of the last bytes, as many as possible. It comes before its state. */
  readonly fail: Uint32Array;
  /** For each state: the anchors that begin with what it stands for, as indices. */
  readonly through: readonly (readonly number[])[];
}

/** ASCII letters to lower case, every other byte to itself. */
export const FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** Builds the automaton (Aho and Corasick 1975) for distinct, folded anchors of ANCHOR_BYTES bytes each. */
export function buildAnchorTable(anchors: readonly Uint8Array[]): AnchorTable {
  // One level after the other, so that states are numbered by depth, and the whole anchors come last.
  const edges: Map<number, number>[] = [new Map()];
  const depth: number[] = [0];
  const through: number[][] = [[...anchors.keys()]];
  let ends: number[] = anchors.map(() => 0);
  for (let level = 0; level < ANCHOR_BYTES; level++) {
    ends = ends.map((state, i) => {
      const byte = anchors[i]?.[level] ?? 0;
      const known = edges[state]?.get(byte);
      if (known !== undefined) {
        through[known]?.push(i);
        return known;
      }
      edges[state]?.set(byte, edges.length);
      depth.push(level + 1);
      through.push([i]);
      return edges.push(new Map()) - 1;
    });
  }
  const states = edges.length;
  const next = states <= 0x10000 ? new Uint16Array(states * 256) : new Uint32Array(states * 256);
  const fail = new Uint32Array(states);
  for (const [state, children] of edges.entries()) {
    // The root fails to itself: its row is still all zero where it has no child.
    const fallback = (fail[state] ?? 0) * 256;
    if (state > 0) next.copyWithin(state * 256, fallback, fallback + 256);
    for (const [byte, child] of children) {
      fail[child] = state === 0 ? 0 : (next[fallback + byte] ?? 0);
      for (const spelling of spellings(byte)) next[state * 256 + spelling] = child;
    }
  }
  return { next, firstFull: states - new Set(ends).size, depth: Uint8Array.from(depth), fail, through };
}

/** A folded byte and its upper-case twin. */
function spellings(byte: number): readonly number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte];
}
