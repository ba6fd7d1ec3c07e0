import { Joints, type PatternSet } from "../patterns.ts";
import { DecodedText } from "./decoded-text.ts";
import { PatternSearchStream } from "./pattern-search.ts";
import { type Found, NOTHING, type StreamSearch } from "./search.ts";
import { createJointSearch } from "./text-search.ts";

/** What is searched for in pieces that were put together. */
export interface JoinedTerms {
  /** A search for declared values over one text. */
  readonly needles: () => readonly StreamSearch[];
  /** null: token formats are not searched for. */
  readonly patterns: PatternSet | null;
  /** Bytes of the longest declared value in plain. */
  readonly longest: number;
}

/** Nothing that is searched for has it: what stands before is not put to what stands behind. */
const GAP = Uint8Array.of(1, 1);

/** What a finding names as taken off when it was put together. */
export const IN_PIECES = "pieces";

/** Pieces in the order in which they come, joined to one text, which is searched; findings are led back to the source. */
export class FieldLane {
  readonly #joints = new Joints();
  readonly #text: DecodedText;

  constructor(terms: JoinedTerms) {
    this.#text = new DecodedText(() => createSpanSearch(terms, this.#joints), 1);
  }

  /** The first bytes of a piece, which stand at `source`; where it is put to the one before, something may begin and end. */
  add(piece: Uint8Array, length: number, source: number): void {
    if (length === 0) return;
    this.#joints.add(this.#text.length);
    this.#text.addLiteral(piece, source, length);
  }

  /** What was added so far is not put to what comes next, which stands at `source` or later. */
  cut(source: number): void {
    this.#text.addLiteral(GAP, source);
  }

  /** Searches what was added. `last`: what comes next is not put to it. */
  flush(last: boolean, found: Found[]): void {
    if (this.#text.length === 0) return;
    this.#text.flush(last, found);
    if (last) this.#joints.clear();
  }

  /** The source byte from which on something may still be found; `none` when there is no such. */
  safe(none: number): number {
    return this.#text.length === 0 ? none : this.#text.safe(none);
  }
}

/** Only what lies over a joint, as one finding for each piece: what stands between the pieces is no part of it. */
function createSpanSearch({ needles, patterns }: JoinedTerms, joints: Joints): StreamSearch {
  const search = createJointSearch([
    ...needles(),
    ...(patterns === null ? [] : [new PatternSearchStream(patterns, joints)]),
  ]);
  return {
    push(bytes, last) {
      const all = search.push(bytes, last);
      const found = all.length === 0 ? NOTHING : all.flatMap((it) => partsOf(it, joints));
      joints.dropTo(search.safe);
      return found;
    },
    get safe() {
      return search.safe;
    },
  };
}

function partsOf(found: Found, joints: Joints): readonly Found[] {
  const cuts = joints.inside(found.start, found.end);
  if (cuts.length === 0 && !found.continues) return NOTHING;
  const through = [IN_PIECES, ...found.through];
  const starts = [found.start, ...cuts];
  return starts.map((start, i) => ({ ...found, through, start, end: starts[i + 1] ?? found.end }));
}
