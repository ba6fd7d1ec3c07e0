import type { PathPattern } from "../model/policy.ts";
import { pathAmbiguity } from "../wire/target.ts";

/**
 * True when the raw path component fits the pattern, anchored at both ends and case-sensitive. A last segment `*`
 * stands for any rest (also none: `/v1/*` fits `/v1/`), a `*` segment elsewhere for exactly one segment that is not
 * empty. Attack rows 63, 64.
 */
export function pathMatches(pattern: PathPattern, path: string): boolean {
  const wanted = pattern.split("/");
  const open = wanted.at(-1) === "*";
  if (open) wanted.pop();
  const segments = path.split("/");
  if (open ? segments.length <= wanted.length : segments.length !== wanted.length) return false;
  return wanted.every((segment, i) => (segment === "*" ? segments[i] !== "" : segment === segments[i]));
}

/** What is wrong with a path pattern; null when it is well formed. A pattern that no unambiguous path fits is an error. */
export function pathPatternProblem(pattern: string): string | null {
  if (pattern.split("/").some((segment) => segment.includes("*") && segment !== "*"))
    return "`*` must be a whole segment";
  return pathAmbiguity(pattern);
}
