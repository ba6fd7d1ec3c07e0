import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import { type RawRequestHead, type RequestHead, readRequestHead } from "../wire/request-head.ts";
import type { RequestFacts } from "./decide.ts";
import { readOrigin } from "./origin.ts";

export type FactsReading =
  | { readonly ok: true; readonly head: RequestHead; readonly facts: RequestFacts }
  | {
      readonly ok: false;
      readonly reason: ReasonCode;
      readonly status: number;
      readonly detail: string;
      readonly alert: boolean;
    };

/**
 * The one way from a request head as it was sent to what is judged: strict parse, one origin. For the gateway and for
 * `bottle why`. `guarded` are fields that the gateway writes itself, `tunnel` the CONNECT target or null.
 */
export function readFacts(raw: RawRequestHead, guarded: ReadonlySet<string>, tunnel: Authority | null): FactsReading {
  const reading = readRequestHead(raw, guarded);
  if (!reading.ok) {
    return { ok: false, reason: reading.reason, status: reading.status, detail: reading.why, alert: false };
  }
  const { head } = reading;
  const origin = readOrigin(head, tunnel);
  if (!origin.ok) {
    const { reason, status, detail } = origin;
    return { ok: false, reason, status, detail, alert: reason === "authority-mismatch" };
  }
  const { body } = head;
  const facts: RequestFacts = {
    scheme: origin.scheme,
    authority: origin.authority,
    method: head.method,
    path: head.target.path,
    query: head.target.query,
    headers: head.headers,
    upgrade: head.upgrade,
    bodyLength: body.kind === "none" ? 0 : body.kind === "length" ? body.length : null,
  };
  return { ok: true, head, facts };
}
