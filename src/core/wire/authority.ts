import type { Authority } from "../model/authority.ts";
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./ip-text.ts";

export type AuthorityReading =
  | { readonly ok: true; readonly authority: Authority }
  | { readonly ok: false; readonly why: string };

export type HostReading =
  | { readonly ok: true; readonly host: string; readonly kind: Authority["kind"] }
  | { readonly ok: false; readonly why: string };

/** RFC 1035 2.3.4. */
const NAME_LIMIT = 253;
const LABEL_LIMIT = 63;

/** One lower-case A-label; `_` occurs in real names (service labels), a hyphen at either end does not. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** What the URL Standard calls a number: such a last label makes other parsers read an IPv4 address (attack row 26). */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Reads `host[:port]` by our own strict grammar; never by WHATWG URL, which turns numbers, full-width letters and
 * backslashes into other hosts. `defaultPort` null means that the port must be written (CONNECT, RFC 9112 3.2.3).
 * A failed reading is a 400 with `authority-invalid`. Attack rows 8 to 21, 25 to 27.
 */
export function parseAuthority(text: string, defaultPort: number | null): AuthorityReading {
  const end = text.startsWith("[") ? text.indexOf("]") + 1 : text.indexOf(":");
  const split = end <= 0 ? text.length : end;
  const host = parseHost(text.slice(0, split));
  if (!host.ok) return host;
  const rest = text.slice(split);
  if (rest === "") {
    if (defaultPort === null) return { ok: false, why: "no port" };
    return { ok: true, authority: { host: host.host, kind: host.kind, port: defaultPort } };
  }
  // No sign, no space, no leading zero, no empty port.
  if (!/^:[1-9][0-9]{0,4}$/.test(rest)) return { ok: false, why: "bad port" };
  const port = Number(rest.slice(1));
  if (port > 65535) return { ok: false, why: "bad port" };
  return { ok: true, authority: { host: host.host, kind: host.kind, port } };
}

/** Reads a host alone: a name, a dotted quad, or IPv6 in brackets. For SNI, rules and patterns. */
export function parseHost(text: string): HostReading {
  // Brackets, colon and two hex digits of slack over the longest name; nothing longer is looked at.
  if (text.length > NAME_LIMIT + 1) return { ok: false, why: "host too long" };
  if (text.startsWith("[")) {
    const bytes = text.endsWith("]") ? ipv6Bytes(text.slice(1, -1)) : null;
    return bytes === null ? { ok: false, why: "bad IPv6 literal" } : { ok: true, host: ipv6Text(bytes), kind: "ipv6" };
  }
  // Checked before folding: toLowerCase maps the Kelvin sign to `k` (attack row 16).
  if (!/^[A-Za-z0-9._-]+$/.test(text)) return { ok: false, why: "character not allowed in a host" };
  const folded = text.toLowerCase();
  const host = folded.endsWith(".") ? folded.slice(0, -1) : folded;
  const labels = host.split(".");
  const last = labels.at(-1) ?? "";
  if (NUMBER.test(last)) {
    const bytes = ipv4Bytes(text);
    if (bytes === null) return { ok: false, why: "a number, but not a plain IPv4 address" };
    return { ok: true, host: ipv4Text(bytes), kind: "ipv4" };
  }
  if (host.length > NAME_LIMIT) return { ok: false, why: "host too long" };
  for (const label of labels) {
    if (label.length > LABEL_LIMIT) return { ok: false, why: "label too long" };
    if (!LABEL.test(label)) return { ok: false, why: "empty or malformed label" };
  }
  return { ok: true, host, kind: "name" };
}

/** `host:port`, always with the port; IPv6 in brackets. For CONNECT lines, pool keys and the audit log. */
export function formatAuthority(authority: Authority): string {
  return `${bracketed(authority)}:${authority.port}`;
}

/** The value of the Host field: without the port when it is the scheme's own (RFC 9110 7.2). */
export function formatHostField(authority: Authority, scheme: "https" | "http"): string {
  const own = scheme === "https" ? 443 : 80;
  return authority.port === own ? bracketed(authority) : formatAuthority(authority);
}

/** True when both name the same host and port. */
export function sameAuthority(a: Authority, b: Authority): boolean {
  return a.host === b.host && a.kind === b.kind && a.port === b.port;
}

function bracketed(authority: Authority): string {
  return authority.kind === "ipv6" ? `[${authority.host}]` : authority.host;
}
