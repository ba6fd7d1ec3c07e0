import { beginsSoundly } from "./boundary.ts";
import { type Candidate, type CompiledFormat, matchWindow } from "./candidate.ts";
import type { KeywordTable } from "./keywords.ts";
import type { OpenToken, PatternMatch, PatternResume, PatternScan } from "./scan.ts";

export interface SearchTables {
  readonly table: KeywordTable;
  /** For each keyword of the table: its length and the formats that begin with it. */
  readonly candidates: readonly { readonly length: number; readonly formats: () => readonly CompiledFormat[] }[];
  /** The longest lead of any format. */
  readonly lead: number;
  /** For each format: how a long token of it goes on. */
  readonly bodyOf: (id: string) => Uint8Array | null;
}

const BLOCK_BYTES = 16_384;
const NO_MATCH: readonly PatternMatch[] = Object.freeze([]);
/**
 * A token of which the pieces are put together has at most so many, of so many bytes on average: words that stand behind
 * what only looks like the beginning of a key are more and shorter.
 */
const MOST_PIECES = 8;
const LEAST_PIECE = 8;
const NO_JOINT: readonly number[] = Object.freeze([]);

/** One scan of one run of bytes. */
export class PatternSearch {
  readonly #tables: SearchTables;
  readonly #bytes: Uint8Array;
  readonly #last: boolean;
  /** With the places of their keywords: a match counts when that lies before `safe`. */
  readonly #found: { readonly hit: number; readonly match: PatternMatch }[] = [];
  /** Made at the first need: most pieces of most texts have no keyword. */
  #known: Set<string> | null = null;
  /** For each format, by index: where its characters were last seen to end. */
  #runs: Map<number, number> | null = null;
  #block = "";
  #blockStart = 0;
  #safe: number;
  /** Occurrences that begin before this place were dealt with by an earlier scan. */
  #from = 0;
  #joints: PatternResume["joints"];

  constructor(tables: SearchTables, bytes: Uint8Array, last: boolean) {
    this.#tables = tables;
    this.#bytes = bytes;
    this.#last = last;
    this.#safe = bytes.length;
  }

  run(resume: PatternResume = { from: 0, open: null }): PatternScan {
    const bytes = this.#bytes;
    const { next, firstHit, depth } = this.#tables.table;
    let { from } = resume;
    this.#joints = resume.joints;
    if (resume.open !== null) {
      const { format, fingerprint } = resume.open;
      const end = this.#bodyEnd(format, from);
      const match = { format, fingerprint, start: from, end, continues: true };
      if (end > from) this.#found.push({ hit: from, match });
      if (end === bytes.length && !this.#last) return this.#result(resume.open);
      from = end;
    }
    this.#from = from;
    let state = 0;
    for (let i = from; i < bytes.length; i++) {
      state = next[(state << 8) | (bytes[i] as number)] as number;
      if (state < firstHit) continue;
      const long = this.#atKeyword(state - firstHit, i + 1);
      if (long === null) continue;
      // What lies in a long token is hidden with it.
      if (long.end === bytes.length && !this.#last) {
        if (this.#safe < long.hit) return this.#result(null);
        this.#safe = bytes.length;
        return this.#result(long.token);
      }
      i = long.end - 1;
      this.#from = long.end;
      state = 0;
    }
    if (!this.#last) {
      const begun = bytes.length - (depth[state] as number) - this.#tables.lead;
      this.#safe = Math.min(this.#safe, Math.max(this.#from, begun));
    }
    return this.#result(null);
  }

  /** Tries the formats whose keywords end at `place`. Returns a token longer than its window. */
  #atKeyword(
    hit: number,
    place: number,
  ): { readonly hit: number; readonly end: number; readonly token: OpenToken } | null {
    const bytes = this.#bytes;
    for (const index of this.#tables.table.hits[hit] as readonly number[]) {
      const { length, formats } = this.#tables.candidates[index] as SearchTables["candidates"][number];
      for (const format of formats()) {
        let start = place - length;
        const first = Math.max(0, start - format.lead.max);
        while (start > first && format.lead.of[bytes[start - 1] as number] === 1) start--;
        if (start < this.#from) continue;
        if (!beginsSoundly(bytes, start, format.left) && !this.#isJoint(start)) continue;
        const limit = start + format.maxBytes;
        const end = format.alphabet === null ? Math.min(limit, bytes.length) : this.#runEnd(format, place, limit);
        if (end === bytes.length && !this.#last) {
          this.#safe = Math.min(this.#safe, start);
          continue;
        }
        if (end - start < format.minBytes) continue;
        if (format.isFixed && format.right[bytes[limit] as number] === 1 && !this.#isJoint(limit)) continue;
        const found = this.#match(format, start, end);
        if (found === null) continue;
        const token = { format: format.id, fingerprint: found.fingerprint };
        const to = found.long ? this.#bodyEnd(format.id, start + found.end) : start + found.end;
        this.#add(start, { ...token, start: start + found.start, end: to, continues: false });
        if (found.long) return { hit: start, end: to, token };
      }
    }
    return null;
  }

  /** What is found between `start` and `end`. Over joints it may end at one of them too; the last at which it does counts. */
  #match(format: CompiledFormat, start: number, end: number): Candidate | null {
    const all = this.#joints?.all.inside(this.#joints.base + start, this.#joints.base + end + 1) ?? NO_JOINT;
    const next = Math.min(end + 1, this.#bytes.length);
    if (all.length === 0) return matchWindow(format, this.#window(start, next));
    // Bytes that are hidden to their end, wherever that is, are told from no words behind them.
    if (format.body !== null) return null;
    const base = this.#joints?.base ?? 0;
    const ends = [
      ...all.slice(0, MOST_PIECES).map((place) => place - base),
      ...(all.length < MOST_PIECES ? [next] : []),
    ];
    for (const stop of ends.reverse()) {
      const found = matchWindow(format, this.#window(start, stop));
      if (found === null || (format.isUrl && this.#isPort(start + found.start, (all[0] as number) - base))) continue;
      const pieces = 1 + all.filter((place) => place - base < start + found.end).length;
      if (found.end >= pieces * LEAST_PIECE || pieces === 1) return found;
    }
    return null;
  }

  /**
   * Whether what looks like the password of a URL is a port up to the first joint, or begins behind it: an address and
   * one of mail in two fields, `http://localhost:3000` and `me@host`, are no secret in pieces.
   */
  #isPort(start: number, joint: number): boolean {
    return /^[0-9]*$/.test(this.#window(start, Math.max(start, joint)));
  }

  #isJoint(place: number): boolean {
    return this.#joints?.all.has(this.#joints.base + place) ?? false;
  }

  /** Where the characters of a format end, at `limit` at the latest. No byte is looked at twice for one format. */
  #runEnd(format: CompiledFormat, place: number, limit: number): number {
    const bytes = this.#bytes;
    const alphabet = format.alphabet as Uint8Array;
    this.#runs ??= new Map();
    const known = this.#runs.get(format.index);
    // All from an earlier keyword up to where the last look ended are of the alphabet.
    let end = known !== undefined && place <= known ? known : place;
    if (end >= limit) return limit;
    const stop = Math.min(limit, bytes.length);
    while (end < stop && alphabet[bytes[end] as number] === 1) end++;
    this.#runs.set(format.index, end);
    return end;
  }

  /** Text of a part, which is cut from larger blocks: keywords come in crowds. */
  #window(start: number, end: number): string {
    if (start < this.#blockStart || end > this.#blockStart + this.#block.length) {
      this.#blockStart = start;
      const { buffer, byteOffset, length } = this.#bytes;
      this.#block = Buffer.from(buffer, byteOffset, length).toString(
        "latin1",
        start,
        Math.max(end, start + BLOCK_BYTES),
      );
    }
    return this.#block.slice(start - this.#blockStart, end - this.#blockStart);
  }

  /** Two keywords may lead to one token. */
  #add(hit: number, match: PatternMatch): void {
    const key = `${match.format} ${match.start}`;
    this.#known ??= new Set();
    if (!this.#known.has(key)) this.#found.push({ hit, match });
    this.#known.add(key);
  }

  #bodyEnd(format: string, from: number): number {
    const body = this.#tables.bodyOf(format);
    let end = from;
    if (body) while (end < this.#bytes.length && body[this.#bytes[end] as number] === 1) end++;
    return end;
  }

  #result(open: OpenToken | null): PatternScan {
    const found = this.#found;
    if (found.length === 0) return { matches: NO_MATCH, safe: this.#safe, open };
    const matches = found.filter(({ hit }) => this.#last || hit < this.#safe).map(({ match }) => match);
    return { matches, safe: this.#safe, open };
  }
}
