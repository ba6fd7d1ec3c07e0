import type { Authority } from "../model/authority.ts";

export type AuthorityReading =
  | { readonly ok: true; readonly authority: Authority }
  | { readonly ok: false; readonly why: string };

export type HostReading =
  | { readonly ok: true; readonly host: string; readonly kind: Authority["kind"] }
  | { readonly ok: false; readonly why: string };

/**
 * Reads `host[:port]` by our own strict grammar. `defaultPort` null means that the port must be written
 * (CONNECT, RFC 9112 3.2.3). A failed reading is a 400 with `authority-invalid`. Attack rows 8 to 21, 25 to 27.
 */
export declare function parseAuthority(text: string, defaultPort: number | null): AuthorityReading;

/** Reads a host alone: a name, a dotted quad, or IPv6 in brackets. For SNI, rules and patterns. */
export declare function parseHost(text: string): HostReading;

/** `host:port`, always with the port; IPv6 in brackets. For CONNECT lines, pool keys and the audit log. */
export declare function formatAuthority(authority: Authority): string;

/** The value of the Host field: without the port when it is the scheme's own (RFC 9110 7.2). */
export declare function formatHostField(authority: Authority, scheme: "https" | "http"): string;

/** True when both name the same host and port. */
export declare function sameAuthority(a: Authority, b: Authority): boolean;
