import type { Joints } from "./joints.ts";

/** A token of a known format: from `start` up to, not including, `end`, in bytes. */
export interface PatternMatch {
  /** Id of the format. */
  readonly format: string;
  /** The same for every sighting of one token: 16 hex digits of a SHA-256 over id, NUL and the token. */
  readonly fingerprint: string;
  readonly start: number;
  readonly end: number;
  /** True for the rest of a token that an earlier scan found: the verdict on it stands already. */
  readonly continues: boolean;
}

/** A token longer than `MAX_TOKEN_BYTES` that has not ended yet. */
export interface OpenToken {
  readonly format: string;
  readonly fingerprint: string;
}

export interface PatternScan {
  /**
   * In order of their ends; what begins at `safe` or later is found by the next scan. One that ends behind `safe` may
   * be there again in the next, with the same format and place.
   */
  readonly matches: readonly PatternMatch[];
  /** From here on the bytes may be the beginning of a token that goes on in the next chunk. */
  readonly safe: number;
  /** The token in which `safe` lies, when that is longer than `MAX_TOKEN_BYTES`; for the next scan. */
  readonly open: OpenToken | null;
}

/** Where an earlier scan of the same stream left off. */
export interface PatternResume {
  /** Its `safe`, as an offset into the bytes given now: those before are only looked at, up to CONTEXT_BYTES of them. */
  readonly from: number;
  /** Its `open`. */
  readonly open: OpenToken | null;
  /** Where the bytes were put together; `base` is the place of the first of them among its places. Absent: nowhere. */
  readonly joints?: { readonly all: Joints; readonly base: number };
}
