export interface RequestTarget {
  readonly form: "origin" | "absolute" | "asterisk";
  /** Of absolute-form; null otherwise. */
  readonly scheme: "http" | "https" | null;
  /** Text between `//` and the path of absolute-form, still to be read by `parseAuthority`; null otherwise. */
  readonly authority: string | null;
  /** Raw bytes of the path component, from the first slash; `*` for asterisk-form. */
  readonly path: string;
  /** What follows the first `?`, without it; null when there is none. */
  readonly query: string | null;
}

export type TargetReading =
  | { readonly ok: true; readonly target: RequestTarget }
  | { readonly ok: false; readonly why: string };

/** Splits a request target (RFC 9112 3.2) without normalising anything. Attack rows 18, 64. */
export declare function readTarget(text: string): TargetReading;

/** The origin-form to send: path and query exactly as they were judged. */
export declare function formatTarget(path: string, query: string | null): string;

/** What makes two servers read this path differently, in a few words; null when nothing does. Attack row 63. */
export declare function pathAmbiguity(path: string): string | null;
