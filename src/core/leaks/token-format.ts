import type { LeakLevel } from "../model/leak.ts";

/**
 * What the characters of a token must fulfil besides its pattern. `entropy:N`: so many bits for each character at least
 * (Shannon).
 */
export type CheckName =
  | "github-crc32"
  | "npm-crc32"
  | "jwt-json"
  | "pem-body"
  | "url-password"
  | "basic-pair"
  | "irregular"
  | "mixed"
  | `entropy:${number}`;

/** The longest lead: so many bytes are always held back, because a keyword may follow. */
export const MAX_LEAD_BYTES = 80;

/** One documented form of a credential. Written by hand from the issuer's documentation; no rule text of other tools. */
export interface TokenFormat {
  /** Kebab case; goes into findings, policies and fingerprints, so it never changes. */
  readonly id: string;
  /** For people: "GitHub personal access token". */
  readonly name: string;
  readonly family: string;
  /** Where the form is documented. */
  readonly source: string;
  readonly level: LeakLevel;
  /** Every occurrence begins with one of these, compared without case, or with `lead` and then one of these. */
  readonly keywords: readonly string[];
  /** What stands before the keyword in each occurrence: at most `max` (up to MAX_LEAD_BYTES) characters of a class. */
  readonly lead: { readonly of: string; readonly max: number } | null;
  /**
   * Matched at the beginning of the lead or the keyword, against the bytes as Latin-1. Linear: no nested quantifier, no two ways to read one
   * text. A group 1, which then ends the match, is the token; what leads to it is not hidden and not in the fingerprint.
   */
  readonly pattern: RegExp;
  /**
   * Characters of a class of which occurrences consist: where they end, nothing more need be waited for. null: any, and
   * `maxBytes` are waited for.
   */
  readonly alphabet: string | null;
  /** The shortest occurrence, with what leads to the token. */
  readonly minBytes: number;
  /** The longest occurrence, with what leads to the token. A longer run of `alphabet` is something else. */
  readonly maxBytes: number;
  /** Characters of a class that must not stand before an occurrence. */
  readonly left: string;
  /** Characters of a class that must not stand after it. */
  readonly right: string;
  /** For tokens without a bound: the characters of a class with which one goes on beyond `maxBytes`. */
  readonly body: string | null;
  readonly check: CheckName | null;
  /** Invented tokens of this form, put together at run time, so that no scanner finds them in this source. */
  readonly samples: () => readonly string[];
  /** Texts that are like it and must not be found. */
  readonly nearMisses: () => readonly string[];
}
