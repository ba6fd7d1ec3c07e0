import type { HeaderPair } from "./header-pairs.ts";
import type { RequestHead } from "./request-head.ts";

/**
 * The fields to send upstream: one Host first, Content-Length when the body has one; without hop-by-hop fields, those that
 * Connection lists, Proxy-*, Expect, method, path and host overrides. `identity` asks for an unencoded, whole
 * reply, which the scrubber needs. Credentials are written after this. Attack rows 5, 51, 62, 67, 89, 101.
 */
export declare function rebuildRequestHeaders(
  head: RequestHead,
  options: { readonly hostField: string; readonly identity: boolean },
): readonly HeaderPair[];

/**
 * The fields of a WebSocket handshake to send upstream: as above, plus Connection and Upgrade; extensions are not offered (attack row 56).
 */
export declare function rebuildUpgradeHeaders(
  head: RequestHead,
  options: { readonly hostField: string },
): readonly HeaderPair[];

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

/** The fields to give to the client: without hop-by-hop fields, Alt-Svc, Proxy-*; Set-Cookie kept apart. Attack rows 68, 70. */
export declare function rebuildResponseHeaders(rawHeaders: readonly string[]): ResponseHeadReading;
