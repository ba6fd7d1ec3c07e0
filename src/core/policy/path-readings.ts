import type { PathPattern } from "../model/policy.ts";
import { pathAmbiguity } from "../wire/target.ts";

const LETTERS = /%(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])/g;
const SLASHES = /%2[fF]/g;

/**
 * All paths that a server may take this one for, the path itself first: with and without decoding what needs no
 * encoding (RFC 3986 2.3), with and without decoding slashes. npm asks for `/@scope%2fname`, apt for `1.0%7erc1`. null
 * when it is ambiguous in any other way, or becomes so by decoding. Attack row 63.
 */
export function pathReadings(path: string): readonly string[] | null {
  if (pathAmbiguity(path) === null) return [path];
  const decoded = decode(decode(path, LETTERS), SLASHES);
  // Nothing else may be wrong: neither beside what is decoded, nor made by it (`%%32%30`, `%2e%2e%2f`).
  const masked = path.replace(LETTERS, "x").replace(SLASHES, "x");
  if (pathAmbiguity(masked) !== null || pathAmbiguity(decoded) !== null) return null;
  return [...new Set([path, decode(path, LETTERS), decode(path, SLASHES), decoded])];
}

/** A path as a lax server compares it: segments decoded, in one case, without the empty ones at the end. */
export type LaxPath = readonly string[];

/** A pattern to be compared with `LaxPath`; null stands for any segment. */
export interface LaxPattern {
  /** Any rest may follow. */
  readonly open: boolean;
  readonly segments: readonly (string | null)[];
}

export function laxPath(path: string): LaxPath {
  return segmentsOf(path).map(fold);
}

export function laxPattern(pattern: PathPattern): LaxPattern {
  const segments = segmentsOf(pattern);
  const open = segments.at(-1) === "*";
  if (open) segments.pop();
  return { open, segments: segments.map((segment) => (segment === "*" ? null : fold(segment))) };
}

/**
 * True when a lax server could take the path for one that the pattern fits: other case, other encoding, slashes at the
 * end, so that `/v1/*` reaches `/V1` too. For what a near miss must not dodge: a rule that denies, an exception of a
 * pack. Attack rows 63, 64.
 */
export function laxMatches({ open, segments }: LaxPattern, path: LaxPath): boolean {
  if (open ? path.length < segments.length : path.length !== segments.length) return false;
  return segments.every((segment, i) => segment === null || segment === path[i]);
}

/** `laxMatches` of texts. */
export function pathReaches(pattern: PathPattern, path: string): boolean {
  return laxMatches(laxPattern(pattern), laxPath(path));
}

/** Without the empty ones at the end. */
function segmentsOf(path: string): string[] {
  const segments = path.split("/").slice(1);
  while (segments.at(-1) === "") segments.pop();
  return segments;
}

/** One spelling for all that some server compares as equal. */
function fold(segment: string): string {
  let decoded = segment;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    // Not UTF-8: such a path is ambiguous, and refused as that.
  }
  return decoded.normalize("NFKC").toLowerCase().normalize("NFKC");
}

function decode(text: string, what: RegExp): string {
  return text.replace(what, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}
