import type { ReasonCode } from "../model/decision.ts";
import type { HeaderPair } from "./header-pairs.ts";
import type { RequestTarget } from "./target.ts";

/** Methods that the gateway knows; CONNECT is read elsewhere, everything else is refused (attack row 61). */
export const KNOWN_METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** A head as node:http hands it over. */
export interface RawRequestHead {
  readonly method: string;
  /** `request.url` as it was sent. */
  readonly target: string;
  /** `1.1` or `1.0`. */
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

export interface RequestHead {
  readonly method: string;
  readonly target: RequestTarget;
  /** The one Host field, still to be read by `parseAuthority`. */
  readonly host: string;
  /** All fields as sent, checked, not yet stripped. */
  readonly headers: readonly HeaderPair[];
  /** How the body is framed; `length` in bytes. */
  readonly body:
    | { readonly kind: "none" }
    | { readonly kind: "length"; readonly length: number }
    | { readonly kind: "chunked" };
  readonly upgrade: "websocket" | null;
  /** The client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

export type HeadReading =
  | { readonly ok: true; readonly head: RequestHead }
  | {
      readonly ok: false;
      readonly reason: ReasonCode;
      readonly status: 400 | 405 | 417 | 431 | 501;
      readonly why: string;
    };

/**
 * Judges a request head beyond what node:http checks. `guarded` are lower-case names of fields that the gateway
 * writes itself; a twin of one of them with `_` for `-` is refused (attack row 50). Attack rows 4, 5, 43 to 50, 53, 61, 66, 67.
 */
export declare function readRequestHead(raw: RawRequestHead, guarded: ReadonlySet<string>): HeadReading;
