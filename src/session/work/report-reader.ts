/** Divides a workshop's output into the report before the first empty line and the stream behind it. */
export interface ReportReader {
  /** Answers what of this piece belongs to the stream. */
  push(chunk: Buffer): Buffer;
  /** The report; null until its end was seen, or when it is too long. */
  head(): string | null;
}

const NOTHING = Buffer.alloc(0);

/** `limit`: longest report in bytes. */
export function reportReader(limit: number): ReportReader {
  let open: Buffer = NOTHING;
  let head: string | null = null;
  let tooLong = false;
  return {
    push(chunk) {
      if (head !== null) return chunk;
      if (tooLong) return NOTHING;
      open = open.length === 0 ? chunk : Buffer.concat([open, chunk]);
      const end = open.indexOf("\n\n");
      if (end < 0 || end > limit) {
        tooLong = open.length > limit;
        return NOTHING;
      }
      head = open.toString("latin1", 0, end);
      const rest = open.subarray(end + 2);
      open = NOTHING;
      return rest;
    },
    head: () => head,
  };
}
