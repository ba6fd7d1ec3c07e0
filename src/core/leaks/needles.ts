import type { Secret } from "../model/secret.ts";

/** A value to look for. */
export interface Needle {
  readonly name: string;
  readonly value: Secret | string;
}

/** Values compiled for searching; build once, use for many streams. Opaque. */
export interface NeedleSet {
  readonly names: readonly string[];
}

export type NeedleReading =
  | { readonly ok: true; readonly set: NeedleSet }
  /** Names of values that are too short (below 8 bytes) to be searched without masking ordinary text. */
  | { readonly ok: false; readonly tooShort: readonly string[] };

/** Shortest value, in UTF-8 bytes, that can be searched. */
export const NEEDLE_MIN_BYTES = 8;

/** Compiles values and their encoded forms (base64 at three alignments, base64url, hex, percent, JSON and HTML escapes; letters in any case). Attack rows 90, 94. */
export declare function compileNeedles(needles: readonly Needle[]): NeedleReading;

/** Masks every form of every needle by as many `*`, in one pass. */
export interface Scrubber {
  /** What may be sent on now: all but a tail that could be the beginning of a needle. May be empty. */
  push(chunk: Uint8Array): Buffer;
  /** The rest, at the end of the stream. */
  flush(): Buffer;
  /** Number of places masked so far. */
  readonly count: number;
}

/** A scrubber for one stream. Attack rows 89, 90, 94. */
export declare function createScrubber(set: NeedleSet): Scrubber;

/** Masks within one text (a header value); Latin-1 as node:http gives it. */
export declare function scrubText(set: NeedleSet, text: string): { readonly text: string; readonly count: number };

/** Replaces each needle found in a text by `[name]`, for the audit log. */
export declare function redactText(set: NeedleSet, text: string): string;

/** Looks for needles across chunk boundaries without changing anything. */
export interface Detector {
  /** Names newly found in this chunk, in the order of appearance. */
  push(chunk: Uint8Array): readonly string[];
}

/** A detector for one stream. Attack row 108. */
export declare function createDetector(set: NeedleSet): Detector;
