import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import { formatAuthority, parseAuthority, sameAuthority } from "../wire/authority.ts";
import type { RequestHead } from "../wire/request-head.ts";

export type OriginReading =
  | { readonly ok: true; readonly scheme: "https" | "http"; readonly authority: Authority }
  | {
      readonly ok: false;
      readonly reason: ReasonCode;
      readonly status: 400 | 421;
      readonly detail: string;
      /** What was asked for, as far as it could be read; for the audit log. */
      readonly asked: string | null;
    };

/**
 * The one origin that a request is for: absolute-form, Host and (inside an inspected tunnel) the CONNECT target must
 * all agree. `tunnel` null means a plain proxy request, which must be absolute-form. Attack rows 2, 3, 4, 97.
 */
export function readOrigin(head: RequestHead, tunnel: Authority | null): OriginReading {
  const { form, scheme, authority: uriAuthority } = head.target;
  if (tunnel === null && form !== "absolute") {
    return { ok: false, reason: "request-malformed", status: 400, detail: "not absolute-form", asked: null };
  }
  const wanted = scheme ?? "https";
  const port = wanted === "https" ? 443 : 80;
  const host = parseAuthority(head.host, port);
  if (!host.ok) return invalid(`Host field: ${host.why}`);
  const uri = uriAuthority === null ? host : parseAuthority(uriAuthority, port);
  if (!uri.ok) return invalid(`request target: ${uri.why}`);
  const asked = formatAuthority(uri.authority);
  if (tunnel !== null) {
    if (wanted !== "https") return mismatch(421, "plain http inside a TLS tunnel", asked);
    if (!sameAuthority(uri.authority, tunnel)) return mismatch(421, "request target is not the tunnel's", asked);
  }
  if (!sameAuthority(host.authority, uri.authority) || (tunnel !== null && !sameAuthority(host.authority, tunnel))) {
    return mismatch(tunnel === null ? 400 : 421, `Host field names ${formatAuthority(host.authority)}`, asked);
  }
  return { ok: true, scheme: wanted, authority: uri.authority };
}

function invalid(detail: string): OriginReading {
  return { ok: false, reason: "authority-invalid", status: 400, detail, asked: null };
}

function mismatch(status: 400 | 421, detail: string, asked: string): OriginReading {
  return { ok: false, reason: "authority-mismatch", status, detail, asked };
}
