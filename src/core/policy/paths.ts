import type { PathPattern } from "../model/policy.ts";

/**
 * True when the raw path component fits the pattern, anchored at both ends. A last segment `*` stands for any rest (also none),
 * a `*` segment elsewhere for exactly one segment. Attack rows 63, 64.
 */
export declare function pathMatches(pattern: PathPattern, path: string): boolean;

/** What is wrong with a path pattern; null when it is well formed. */
export declare function pathPatternProblem(pattern: string): string | null;
