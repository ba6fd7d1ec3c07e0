import type { ReasonCode } from "../model/decision.ts";
import type { RequestId } from "../model/ids.ts";
import type { HeaderPair } from "../wire/header-pairs.ts";
import { askingAdvice } from "./refusal-asking.ts";
import { REFUSAL_TEXTS } from "./refusal-texts.ts";

export interface Refusal {
  readonly status: number;
  /** Content-Type, Content-Length, Cache-Control, X-Bot-Bottle-Reason, X-Bot-Bottle-Request. */
  readonly headers: readonly HeaderPair[];
  /** One JSON object and a line feed, UTF-8. */
  readonly body: Buffer;
}

/** What some refusals say besides; null: nothing. */
export interface RefusalDetails {
  readonly pack?: string | null | undefined;
  readonly secretType?: string | null | undefined;
  /** The bottle has the MCP server supervise. */
  readonly supervised?: boolean | undefined;
}

/** Seconds. */
const RETRY: readonly HeaderPair[] = [["Retry-After", "15"]];

/** Longest host that is repeated to the client. */
const HOST_LIMIT = 260;

/**
 * What the client inside gets: what happened, never what would have been allowed. `host` as the client wrote it, or
 * null. The object has the shape of the model APIs' own errors, so that agents show the message instead of a stack
 * trace; the message alone says everything, for clients that show only that. `pack` is the public rule pack that would
 * allow the request, found without looking at the bottle's own policy; `secretType` names what was found in it, e.g.
 * `GitHub personal access token`. Attack row 136.
 */
export function refusal(
  reason: ReasonCode,
  id: RequestId,
  host: string | null,
  { pack = null, secretType = null, supervised = false }: RefusalDetails = {},
): Refusal {
  const { status, message: sentence, how: plain } = REFUSAL_TEXTS[reason];
  const advice = supervised ? askingAdvice(reason, plain) : plain;
  const message = secretType === null ? sentence : `${sentence} Its type: ${secretType}.`;
  const how = pack === null ? advice : `${advice} The operator can allow it with the rule pack ${pack}.`;
  // Only what a host can consist of comes back: no control characters, no markup (attack row 129).
  const shown = host?.slice(0, HOST_LIMIT).replace(/[^A-Za-z0-9.:_[\]-]/g, "?") ?? null;
  const subject = shown === null ? "" : ` [${shown}]`;
  const error = {
    type: "bot_bottle_refused",
    reason,
    message: `bot-bottle refused this request${subject}: ${message} ${how} (reason ${reason}, request ${id})`,
    request_id: id,
    ...(shown === null ? {} : { host: shown }),
    how,
    ...(pack === null ? {} : { rule_pack: pack }),
    ...(secretType === null ? {} : { secret_type: secretType }),
  };
  const body = Buffer.from(`${JSON.stringify({ type: "error", error })}\n`, "utf8");
  return {
    status,
    headers: [
      ["Content-Type", "application/json; charset=utf-8"],
      ["Content-Length", String(body.length)],
      ["Cache-Control", "no-store"],
      ["X-Bot-Bottle-Reason", reason],
      ["X-Bot-Bottle-Request", id],
      ...(reason === "budget-held" ? RETRY : []),
    ],
    body,
  };
}
