import type { ReasonCode } from "../model/decision.ts";
import { type HeaderPair, headerValues, readHeaderPairs } from "./header-pairs.ts";
import { foldedField, isOverrideField } from "./override-fields.ts";
import { type RequestTarget, readTarget } from "./target.ts";

/** Methods that the gateway knows; CONNECT is read elsewhere, everything else is refused (attack row 61). */
export const KNOWN_METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Methods that are known and never forwarded: they reflect, or open a tunnel within a tunnel (attack rows 57, 61). */
const REFUSED_METHODS: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

/** Fields whose meaning is the gateway's, whatever the policy says; twins of these are refused as well. */
const FRAMING_FIELDS = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
];
const AUTHENTICATION_FIELDS = [
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "cookie",
  "content-type",
  "content-encoding",
];

/** Fields that Connection must not name: without them the request would mean something else (attack row 51). */
const NOT_HOP_BY_HOP = new Set(["host", "content-length", "transfer-encoding", "content-type", "content-encoding"]);

/** A head as node:http hands it over. */
export interface RawRequestHead {
  readonly method: string;
  /** `request.url` as it was sent. */
  readonly target: string;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

export type BodyFraming =
  | { readonly kind: "none" }
  /** In bytes. */
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" };

export interface RequestHead {
  readonly method: string;
  readonly target: RequestTarget;
  /** The one Host field, still to be read by `parseAuthority`. */
  readonly host: string;
  /** All fields as sent, checked, not yet stripped. */
  readonly headers: readonly HeaderPair[];
  readonly body: BodyFraming;
  readonly upgrade: "websocket" | null;
  /** The client waits for a 100 before it sends the body (attack row 67). */
  readonly expectsContinue: boolean;
}

export interface HeadRefusal {
  readonly ok: false;
  readonly reason: ReasonCode;
  readonly status: 400 | 405 | 417 | 431 | 501;
  readonly why: string;
}

export type HeadReading = { readonly ok: true; readonly head: RequestHead } | HeadRefusal;

/**
 * Judges a request head beyond what node:http checks. `guarded` are lower-case names of fields that the gateway
 * writes itself; a twin of one of them with `_` (or `.` and the like) for `-` is refused, since CGI-like servers read
 * both as one (attack row 50). Attack rows 4, 5, 43 to 50, 53, 61, 66, 67, 122.
 */
export function readRequestHead(raw: RawRequestHead, guarded: ReadonlySet<string>): HeadReading {
  if (REFUSED_METHODS.includes(raw.method)) return refuse(405, "method-refused", "method is never forwarded");
  if (!KNOWN_METHODS.includes(raw.method)) return refuse(501, "method-refused", "unknown method");
  if (raw.httpVersion !== "1.1" && raw.httpVersion !== "1.0") return malformed("unknown HTTP version");
  const target = readTarget(raw.target);
  if (!target.ok) return malformed(target.why);
  if (target.target.form === "asterisk") return refuse(405, "method-refused", "asterisk-form is never forwarded");
  const pairs = readHeaderPairs(raw.rawHeaders);
  if (!pairs.ok) return pairs.limit ? refuse(431, "limit-reached", pairs.why) : malformed(pairs.why);
  const { headers } = pairs;

  const hosts = headerValues(headers, "host");
  const [host] = hosts;
  if (hosts.length !== 1 || host === undefined) return malformed("not exactly one Host field");
  const twin = findTwin(headers, guarded);
  if (twin !== null) return malformed(`header name with an underscore: ${twin}`);
  const listed = listedByConnection(headers);
  if (listed.some((name) => NOT_HOP_BY_HOP.has(name))) return malformed("Connection lists an end-to-end field");

  const body = readFraming(headers, raw.httpVersion);
  if (typeof body === "string") return malformed(body);
  const upgrade = readUpgrade(headers, raw.method, listed);
  if (upgrade === "refused") return refuse(400, "upgrade-refused", "only websocket can be upgraded to");
  const expect = headerValues(headers, "expect");
  if (expect.length > 1 || (expect[0] !== undefined && expect[0].toLowerCase() !== "100-continue")) {
    return refuse(417, "request-malformed", "unknown expectation");
  }
  const expectsContinue = expect.length === 1;
  return {
    ok: true,
    head: { method: raw.method, target: target.target, host, headers, body, upgrade, expectsContinue },
  };
}

/** Lower-case names that the Connection fields list (RFC 9110 7.6.1). */
export function listedByConnection(headers: readonly HeaderPair[]): readonly string[] {
  const values = headerValues(headers, "connection");
  const [only = ""] = values;
  // The usual `keep-alive` or `close`, or nothing at all.
  if (values.length === 0 || (values.length === 1 && /^[a-z-]+$/.test(only))) return values;
  return values
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

/** The framing of a body (RFC 9112 6), or what is wrong with it. Anything that two parsers might read differently is wrong. */
export function readFraming(headers: readonly HeaderPair[], httpVersion: string): BodyFraming | string {
  const lengths = headerValues(headers, "content-length");
  const encodings = headerValues(headers, "transfer-encoding");
  if (lengths.length > 0 && encodings.length > 0) return "both Content-Length and Transfer-Encoding";
  const [encoding] = encodings;
  if (encoding !== undefined) {
    if (encodings.length > 1 || encoding.toLowerCase() !== "chunked") return "unknown Transfer-Encoding";
    return httpVersion === "1.1" ? { kind: "chunked" } : "Transfer-Encoding before HTTP/1.1";
  }
  const [length] = lengths;
  if (length === undefined) return { kind: "none" };
  // At most 2^53, so that the number is exact.
  if (lengths.length > 1 || !/^[0-9]{1,15}$/.test(length)) return "bad Content-Length";
  return { kind: "length", length: Number(length) };
}

/** A name such as `x_api_key` that stands beside, or would be read as, a field that the gateway judges, writes or drops. */
function findTwin(headers: readonly HeaderPair[], guarded: ReadonlySet<string>): string | null {
  for (const [name] of headers) {
    if (/^[A-Za-z0-9-]*$/.test(name)) continue;
    const plain = foldedField(name);
    if (guarded.has(plain) || FRAMING_FIELDS.includes(plain) || AUTHENTICATION_FIELDS.includes(plain)) return plain;
    if (isOverrideField(plain)) return plain;
    if (headers.some(([other]) => other.toLowerCase() === plain)) return plain;
  }
  return null;
}

function readUpgrade(
  headers: readonly HeaderPair[],
  method: string,
  listed: readonly string[],
): "websocket" | "refused" | null {
  const values = headerValues(headers, "upgrade");
  const [value] = values;
  if (value === undefined) return headerValues(headers, "http2-settings").length > 0 ? "refused" : null;
  const websocket = values.length === 1 && value.toLowerCase() === "websocket";
  return websocket && method === "GET" && listed.includes("upgrade") ? "websocket" : "refused";
}

function malformed(why: string): HeadRefusal {
  return refuse(400, "request-malformed", why);
}

function refuse(status: HeadRefusal["status"], reason: ReasonCode, why: string): HeadRefusal {
  return { ok: false, status, reason, why };
}
