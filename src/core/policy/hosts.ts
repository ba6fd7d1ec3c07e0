import type { Authority } from "../model/authority.ts";
import { parseHost } from "../wire/authority.ts";
import { readAddress } from "../wire/ip.ts";

/**
 * True when the authority's host fits the pattern of a rule, label by label: a name or an IP literal fits only itself,
 * `*.x` fits every name below `x` and never `x`. Both are in canonical form. Attack rows 12 to 14, 25.
 */
export function hostMatches(pattern: string, authority: Authority): boolean {
  if (!pattern.startsWith("*.")) return pattern === authority.host;
  // The dot belongs to the suffix, so that what stands before it is one or more whole labels.
  const suffix = pattern.slice(1);
  return authority.kind === "name" && authority.host.length > suffix.length && authority.host.endsWith(suffix);
}

/** True when some host could fit both patterns. */
export function hostPatternsOverlap(a: string, b: string): boolean {
  return a === b || reaches(a, b) || reaches(b, a);
}

/** True when the wildcard pattern fits the other pattern's host, or all of its hosts. */
function reaches(pattern: string, other: string): boolean {
  if (!pattern.startsWith("*.") || readAddress(other) !== null) return false;
  return other.replace(/^\*/, "").endsWith(pattern.slice(1));
}

/** The one spelling of a host pattern: lower case, no trailing dot, IP literals in canonical text without brackets; null when malformed. */
export function canonicalHostPattern(pattern: string): string | null {
  const address = readAddress(pattern);
  if (address !== null) return address.canonical;
  if (!pattern.startsWith("*.")) {
    const host = parseHost(pattern);
    return host.ok ? host.host : null;
  }
  const rest = parseHost(pattern.slice(2));
  return rest.ok && rest.kind === "name" ? `*.${rest.host}` : null;
}

/** What is wrong with a host pattern of a rule, in a few words; null when it is well formed and canonical. */
export function hostPatternProblem(pattern: string): string | null {
  const canonical = canonicalHostPattern(pattern);
  if (canonical === null) return "neither a host name, nor `*.` and a host name, nor an IP address";
  return canonical === pattern ? null : `write it as ${canonical}`;
}

/** Splits a credential's `host[:port]` pattern (443 when absent); null when it is malformed. IPv6 in brackets when a port follows. */
export function splitHostPort(pattern: string): { readonly host: string; readonly port: number } | null {
  if (readAddress(pattern) !== null) return { host: pattern, port: 443 };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::([1-9][0-9]{0,4}))?$/.exec(pattern) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = digits === undefined ? 443 : Number(digits);
  return port > 65535 || hostPatternProblem(host) !== null ? null : { host, port };
}
