import type { ReasonCode } from "../model/decision.ts";
import type { RequestId } from "../model/ids.ts";
import type { HeaderPair } from "../wire/header-pairs.ts";

export interface Refusal {
  readonly status: number;
  /** Content-Type, Content-Length, X-Bot-Bottle-Reason, X-Bot-Bottle-Request, Cache-Control. */
  readonly headers: readonly HeaderPair[];
  /** One JSON object and a line feed, UTF-8. */
  readonly body: Buffer;
}

/** What the client inside gets: what happened, never what would have been allowed. `host` as the client wrote it, or null. Attack row 136. */
export declare function refusal(reason: ReasonCode, id: RequestId, host: string | null): Refusal;
