import { type HeaderPair, headerValues, readHeaderPairs, withoutHeaders } from "./header-pairs.ts";
import { isOverrideField } from "./override-fields.ts";
import { listedByConnection, type RequestHead, readFraming } from "./request-head.ts";

/** Fields that belong to one connection (RFC 9110 7.6.1, RFC 2616 13.5.1), and what speaks to a proxy (attack row 101). */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-authentication-info",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

const REQUEST_DROPS = new Set([...HOP_BY_HOP, "host", "expect", "content-length"]);

/** A reply in parts could cut a reflected secret into pieces that no needle fits. */
const IDENTITY_DROPS = new Set([...REQUEST_DROPS, "accept-encoding", "range", "if-range"]);

/** Both together; usually Connection lists nothing but `keep-alive`, and then no set is made. */
function withListed(drops: ReadonlySet<string>, listed: readonly string[]): ReadonlySet<string> {
  return listed.every((name) => drops.has(name)) ? drops : new Set([...drops, ...listed]);
}

/**
 * The fields to send upstream: one Host first, Content-Length when the body has one; without hop-by-hop fields, those
 * that Connection lists, Proxy-*, Expect, method, path and host overrides. `identity` asks for an unencoded, whole
 * reply, which the scrubber needs. Credentials are written after this. Attack rows 2, 5, 51, 62, 63, 67, 89, 101.
 */
export function rebuildRequestHeaders(
  head: RequestHead,
  options: { readonly hostField: string; readonly identity: boolean },
): readonly HeaderPair[] {
  const drops = withListed(options.identity ? IDENTITY_DROPS : REQUEST_DROPS, listedByConnection(head.headers));
  const kept = withoutHeaders(head.headers, drops).filter(([name]) => !isOverrideField(name.toLowerCase()));
  const rebuilt: HeaderPair[] = [["Host", options.hostField], ...kept];
  if (options.identity) rebuilt.push(["Accept-Encoding", "identity"]);
  if (head.body.kind === "length") rebuilt.push(["Content-Length", String(head.body.length)]);
  return rebuilt;
}

/**
 * The fields of a WebSocket handshake to send upstream (RFC 6455 4.1): as above, plus Connection and Upgrade;
 * extensions are not offered, since compressed frames could not be scanned (attack row 56).
 */
export function rebuildUpgradeHeaders(
  head: RequestHead,
  options: { readonly hostField: string },
): readonly HeaderPair[] {
  const headers = rebuildRequestHeaders({ ...head, body: { kind: "none" } }, { ...options, identity: true });
  const drops = new Set(["sec-websocket-extensions", "accept-encoding"]);
  return [...withoutHeaders(headers, drops), ["Connection", "Upgrade"], ["Upgrade", "websocket"]];
}

export type ResponseHeadReading =
  | {
      readonly ok: true;
      readonly headers: readonly HeaderPair[];
      /** Content-Encoding in lower case when it is not identity; null otherwise. */
      readonly encoding: string | null;
      /** Declared length in bytes; null when the body is chunked or runs to the end of the connection. */
      readonly length: number | null;
    }
  | { readonly ok: false; readonly why: string };

/** Alt-Svc would move the client to HTTP/3 (attack row 70); Refresh and the rest stay, they are the client's to judge. */
const RESPONSE_DROPS = new Set([
  ...HOP_BY_HOP,
  "alt-svc",
  "alternate-protocol",
  "x-bot-bottle-reason",
  "x-bot-bottle-request",
  "x-bot-bottle-dropped",
]);

/** What Connection may list without effect: the client could not read the body without them. */
const RESPONSE_KEEPS = new Set(["content-length", "content-encoding"]);

/**
 * The fields to give to the client: without hop-by-hop fields, Alt-Svc, Proxy-* and our own refusal marks (a host
 * must not speak for the gateway); each Set-Cookie stays a field of its own. Attack rows 68, 70.
 */
export function rebuildResponseHeaders(rawHeaders: readonly string[]): ResponseHeadReading {
  const pairs = readHeaderPairs(rawHeaders);
  if (!pairs.ok) return pairs;
  const framing = readFraming(pairs.headers, "1.1");
  if (typeof framing === "string") return { ok: false, why: framing };
  const listed = listedByConnection(pairs.headers).filter((name) => !RESPONSE_KEEPS.has(name));
  const drops = withListed(RESPONSE_DROPS, listed);
  const encodings = headerValues(pairs.headers, "content-encoding")
    .flatMap((value) => value.split(","))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== "" && value !== "identity");
  return {
    ok: true,
    headers: withoutHeaders(pairs.headers, drops),
    encoding: encodings.length === 0 ? null : encodings.join(", "),
    length: framing.kind === "length" ? framing.length : null,
  };
}
