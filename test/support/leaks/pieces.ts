import { CONTEXT_BYTES, type OpenToken, type PatternMatch, type PatternSet } from "../../../src/core/leaks/patterns.ts";

/** What scanning a stream piece by piece gave: offsets are those of the stream, parts of long tokens are joined. */
export interface PieceScan {
  readonly matches: readonly PatternMatch[];
  /** The stream with `*` for every byte of a token, as it would be handed out. */
  readonly masked: Buffer;
  /** The most bytes that were held back after a scan. */
  readonly held: number;
}

/** Scans pieces as a stream does that keeps no more than it must. */
export function scanInPieces(set: PatternSet, pieces: readonly Uint8Array[]): PieceScan {
  const matches: PatternMatch[] = [];
  const out: Buffer[] = [];
  let kept: Buffer = Buffer.alloc(0);
  /** Where `kept` and what was not handed out yet begin in the stream. */
  let offset = 0;
  let safe = 0;
  let held = 0;
  let open: OpenToken | null = null;
  for (const [i, piece] of [...pieces, new Uint8Array(0)].entries()) {
    const bytes: Buffer = Buffer.concat([kept, piece]);
    const scan = set.scan(bytes, i === pieces.length, { from: safe - offset, open });
    for (const match of scan.matches) {
      const moved = { ...match, start: match.start + offset, end: match.end + offset };
      const before = matches.at(-1);
      if (match.continues && before !== undefined) matches[matches.length - 1] = { ...before, end: moved.end };
      else if (!matches.some((it) => it.format === moved.format && it.start === moved.start)) matches.push(moved);
    }
    // Handed out with what is known now: a token found later would show.
    const part = Buffer.from(bytes.subarray(safe - offset, scan.safe));
    for (const { start, end } of matches) part.fill("*", clamp(start - safe, part), clamp(end - safe, part));
    out.push(part);
    open = scan.open;
    safe = offset + scan.safe;
    held = Math.max(held, bytes.length - scan.safe);
    const from = Math.max(0, scan.safe - CONTEXT_BYTES);
    kept = bytes.subarray(from);
    offset += from;
  }
  return { matches, masked: Buffer.concat(out), held };
}

function clamp(place: number, part: Buffer): number {
  return Math.min(Math.max(0, place), part.length);
}
