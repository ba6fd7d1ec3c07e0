import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import type { RequestHead } from "../wire/request-head.ts";

export type OriginReading =
  | { readonly ok: true; readonly scheme: "https" | "http"; readonly authority: Authority }
  | { readonly ok: false; readonly reason: ReasonCode; readonly status: 400 | 421; readonly detail: string };

/**
 * The one origin that a request is for: absolute-form, Host and (inside a tunnel) the CONNECT target must all agree.
 * `tunnel` null means a plain proxy request, which must be absolute-form. Attack rows 2, 3, 4, 97.
 */
export declare function readOrigin(head: RequestHead, tunnel: Authority | null): OriginReading;
