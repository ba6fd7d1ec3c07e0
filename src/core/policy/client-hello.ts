import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import { parseHost } from "../wire/authority.ts";
import type { ClientHello } from "../wire/client-hello.ts";

/**
 * Judges a tunnel's ClientHello against its CONNECT target: null when it fits. The name must be that target in both
 * modes. `splice` also refuses a missing name and ECH, since nothing behind them could be verified; `inspect` ends
 * TLS here, so a missing name (a client that dials an IP literal) and an ECH offer mean nothing.
 * Attack rows 1, 6, 7.
 */
export function judgeClientHello(
  hello: ClientHello,
  authority: Authority,
  mode: "inspect" | "splice",
): { readonly reason: ReasonCode; readonly detail: string } | null {
  if (mode === "splice" && hello.ech) return { reason: "tls-invalid", detail: "encrypted ClientHello" };
  if (hello.serverName === null) {
    return mode === "splice" ? { reason: "authority-mismatch", detail: "no server name" } : null;
  }
  const name = parseHost(hello.serverName);
  // RFC 6066 3: neither a trailing dot nor an IP literal.
  if (!name.ok || name.kind !== "name" || hello.serverName.endsWith(".")) {
    return { reason: "tls-invalid", detail: "server name is not a host name" };
  }
  return name.host === authority.host ? null : { reason: "authority-mismatch", detail: `server name ${name.host}` };
}
