import { ANCHOR_BYTES, type AnchorTable, buildAnchorTable, FOLD } from "./anchors.ts";

/** One form of one needle, folded. */
export interface Form {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A needle found in the bytes scanned: from `start` up to, not including, `end`. */
export interface Match {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  /** In the order in which they end their anchors; they may overlap. */
  readonly matches: readonly Match[];
  /** From here on the bytes may be the beginning of a needle that goes on in the next chunk. */
  readonly safe: number;
}

/** Values compiled for searching; build once, use for many streams. The forms are private, so that printing it shows names only. */
export class NeedleSet {
  readonly names: readonly string[];
  readonly #table: AnchorTable;
  /** Forms that begin with each anchor. */
  readonly #forms: readonly (readonly Form[])[];

  constructor(names: readonly string[], forms: readonly Form[]) {
    const groups = Map.groupBy(forms, ({ bytes }) => Buffer.from(bytes.subarray(0, ANCHOR_BYTES)).toString("latin1"));
    this.names = names;
    this.#table = buildAnchorTable([...groups.keys()].map((anchor) => Buffer.from(anchor, "latin1")));
    this.#forms = [...groups.values()];
  }

  /** Finds every form in `bytes`, which is searched as if nothing stood before it. Linear but for forms with equal beginnings. */
  scan(bytes: Uint8Array): Scan {
    const { next, firstFull, pending } = this.#table;
    const matches: Match[] = [];
    let safe = bytes.length;
    let state = 0;
    for (let i = 0; i < bytes.length; i++) {
      state = next[(state << 8) | (bytes[i] as number)] as number;
      if (state < firstFull) continue;
      const start = i + 1 - ANCHOR_BYTES;
      for (const form of this.#forms[state - firstFull] ?? []) {
        const outcome = compare(bytes, start, form.bytes);
        if (outcome === "whole") matches.push({ name: form.name, start, end: start + form.bytes.length });
        if (outcome === "cut" && start < safe) safe = start;
      }
    }
    return { matches, safe: Math.min(safe, bytes.length - (pending[state] ?? 0)) };
  }
}

function compare(bytes: Uint8Array, start: number, form: Uint8Array): "whole" | "cut" | "other" {
  const end = Math.min(form.length, bytes.length - start);
  for (let i = ANCHOR_BYTES; i < end; i++) {
    if (FOLD[bytes[start + i] ?? 0] !== form[i]) return "other";
  }
  return end === form.length ? "whole" : "cut";
}
