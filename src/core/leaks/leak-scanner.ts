import type { LeakFinding } from "../model/leak.ts";
import type { NeedleSet } from "./needles.ts";

/** Everything that one bottle's requests are searched for. Build once for each policy and set of values. */
export interface LeakSearch {
  readonly known: NeedleSet | null;
  readonly canaries: NeedleSet | null;
  /** Whether token formats are searched for too. */
  readonly patterns: boolean;
}

/** `pass`: leave it as it is; `mask`: as many `*` instead; `stop`: nothing more is handed out. */
export type LeakVerdict = "pass" | "mask" | "stop";

/** Searches one stream of bytes, handing on only what is known to be clean, masked or passed. */
export interface LeakScanner {
  /** What may go on now: all but a tail that could be the beginning of something. Empty once stopped. */
  push(chunk: Uint8Array): Buffer;
  /** The rest, at the end of the stream. */
  flush(): Buffer;
  readonly stopped: boolean;
}

/**
 * A scanner for one stream. `judge` is asked once for each finding, before any of its bytes is handed out. Lengths never
 * change. Memory: one chunk and the longest token.
 */
export function createLeakScanner(search: LeakSearch, judge: (finding: LeakFinding) => LeakVerdict): LeakScanner {
  const sets = [
    { kind: "canary", set: search.canaries },
    { kind: "known", set: search.known },
  ] as const;
  let held: Uint8Array = new Uint8Array(0);
  /** Where `held` stands in the stream. */
  let offset = 0;
  /** Up to here in the stream everything was judged, and up to `masked` it is hidden. */
  let masked = 0;
  const judged = new Set<string>();
  let stopped = false;

  const take = (bytes: Uint8Array, last: boolean): Buffer => {
    if (stopped) return Buffer.alloc(0);
    let safe = bytes.length;
    const spans: { start: number; end: number }[] = [{ start: 0, end: Math.max(0, masked - offset) }];
    for (const { kind, set } of sets) {
      if (set === null) continue;
      const scan = set.scan(bytes);
      if (!last) safe = Math.min(safe, scan.safe);
      for (const { name, start, end } of scan.matches) {
        const finding = { kind, name, fingerprint: null, through: [], start: offset + start, end: offset + end };
        const key = `${kind} ${name} ${finding.start}`;
        if (judged.has(key)) continue;
        judged.add(key);
        const verdict = judge(finding);
        if (verdict === "stop") {
          stopped = true;
          return Buffer.alloc(0);
        }
        if (verdict === "mask") {
          spans.push({ start, end });
          masked = Math.max(masked, offset + end);
        }
      }
    }
    const out = Buffer.from(bytes.subarray(0, safe));
    for (const { start, end } of spans) if (start < safe) out.fill(0x2a, start, Math.min(end, safe));
    held = bytes.slice(safe);
    offset += safe;
    return out;
  };
  return {
    push: (chunk) => take(held.length === 0 ? chunk : Buffer.concat([held, chunk]), false),
    flush: () => take(held, true),
    get stopped() {
      return stopped;
    },
  };
}
