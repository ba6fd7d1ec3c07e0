import type { Authority } from "../model/authority.ts";

/** True when the authority's host fits the pattern of a rule, label by label. Attack rows 12 to 14, 25. */
export declare function hostMatches(pattern: string, authority: Authority): boolean;

/** What is wrong with a host pattern of a rule, in a few words; null when it is well formed. */
export declare function hostPatternProblem(pattern: string): string | null;

/** Splits a credential's `host[:port]` pattern (443 when absent); null when it is malformed. IPv6 in brackets. */
export declare function splitHostPort(pattern: string): { readonly host: string; readonly port: number } | null;
