/**
 * What the characters of a token must fulfil besides its pattern. `entropy:N`: so many bits for each character at least
 * (Shannon).
 */
export type CheckName = "github-crc32" | "npm-crc32" | "jwt-json" | "pem-body" | `entropy:${number}`;

/** `strict` finds more and errs more: names such as `token` before irregular values. */
export type FormatLevel = "default" | "strict";

/** One documented form of a credential. Written by hand from the issuer's documentation; no rule text of other tools. */
export interface TokenFormat {
  /** Kebab case; goes into findings, policies and fingerprints, so it never changes. */
  readonly id: string;
  /** For people: "GitHub personal access token". */
  readonly name: string;
  readonly family: string;
  /** Where the form is documented. */
  readonly source: string;
  readonly level: FormatLevel;
  /** Every occurrence begins with one of these, compared without case. */
  readonly keywords: readonly string[];
  /**
   * Matched at the place of a keyword, against the bytes as Latin-1. Linear: no nested quantifier, no two ways to read one
   * text. A group 1, which then ends the match, is the token; what leads to it is not hidden and not in the fingerprint.
   */
  readonly pattern: RegExp;
  /**
   * Characters of a class of which occurrences consist: where they end, nothing more need be waited for. null: any, and
   * `maxBytes` are waited for.
   */
  readonly alphabet: string | null;
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
