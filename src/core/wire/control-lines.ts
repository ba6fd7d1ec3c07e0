/** Longest line of a sidecar in bytes: a request that waits, with all of its texts escaped. */
export const SIDECAR_LINE_LIMIT = 256 << 10;
/** Longest line of the host process in bytes: a policy of the greatest size that is kept on disk, and as much again. */
export const HOST_LINE_LIMIT = 32 << 20;

export type LinesReading =
  | { readonly ok: true; readonly lines: readonly Uint8Array[] }
  /** A line is longer than the limit: the stream ends here. */
  | { readonly ok: false };

/** Cuts a stream into lines, keeping at most `limit` bytes. After a reading that is not ok nothing is read any more. */
export interface LineReader {
  push(piece: Uint8Array): LinesReading;
}

/** Lines end with LF; what follows the last one waits for its end. */
export function createLineReader(limit: number): LineReader {
  let open: Uint8Array[] = [];
  let held = 0;
  let broken = false;
  return {
    push: (piece) => {
      if (broken) return { ok: false };
      const lines: Uint8Array[] = [];
      let start = 0;
      for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
        open.push(piece.subarray(start, end));
        held += end - start;
        if (held > limit) break;
        lines.push(joined(open, held));
        open = [];
        held = 0;
        start = end + 1;
      }
      if (held <= limit && start < piece.length) {
        open.push(piece.slice(start));
        held += piece.length - start;
      }
      broken = held > limit;
      if (broken) open = [];
      return broken ? { ok: false } : { ok: true, lines };
    },
  };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const line = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    line.set(piece, at);
    at += piece.length;
  }
  return line;
}
