import type { Authority } from "../model/authority.ts";
import type { ReasonCode } from "../model/decision.ts";
import type { DenyRule, EgressRule, Policy } from "../model/policy.ts";
import { ASK_TIMEOUT_MS } from "../policy/asking.ts";
import { type RequestFacts, UNLISTED_RULE } from "../policy/decide.ts";
import { REFUSAL_TEXTS } from "../policy/refusal-texts.ts";
import { readFacts } from "../policy/request-facts.ts";
import { readTarget } from "../wire/target.ts";
import { type Judged, judge, judgeTunnel, ruleCalled } from "./why/judged.ts";
import { type NearMiss, nearMisses } from "./why/near-misses.ts";
import { notesOn, notesOnDenial, notesOnUrl } from "./why/notes.ts";
import { type Remedy, remedyFor } from "./why/remedy.ts";

export type { NearMiss } from "./why/near-misses.ts";
export { originOf, type RulePlaces } from "./why/origin.ts";
export type { Remedy } from "./why/remedy.ts";

/** Why a request is allowed or denied. */
export interface Explanation {
  /** `ask`: it would be held for the operator. */
  readonly verdict: "allow" | "deny" | "ask";
  readonly reason: ReasonCode;
  /** The reason in a sentence. */
  readonly meaning: string;
  readonly detail: string | null;
  readonly rule: EgressRule | DenyRule | null;
  /** Names of the credentials that are written into it. */
  readonly credentials: readonly string[];
  readonly notes: readonly string[];
  readonly near: readonly NearMiss[];
  readonly remedy: Remedy | null;
}

/**
 * What the gateway would do with `METHOD URL` under this policy, decided by the gateway's own functions from the text as a
 * client would send it in absolute-form. Offline: no lookup, no body, no value of a secret. `now` as in `judge`.
 */
export function explainRequest(
  policy: Policy,
  method: string,
  url: string,
  ownAddresses: readonly string[],
  now?: number,
): Explanation {
  const target = readTarget(url);
  const host = (target.ok ? target.target.authority : null) ?? "";
  const reading = readFacts({ method, target: url, httpVersion: "1.1", rawHeaders: ["Host", host] }, new Set(), null);
  if (!reading.ok) {
    const unread: Judged = { ...UNREAD, reason: reading.reason, detail: reading.detail };
    return explained(unread, { notes: [...notesOnDenial(unread, method), ...notesOnUrl(url)] });
  }
  return explainFacts(policy, reading.facts, ownAddresses, now);
}

/** As `explainRequest`, for a CONNECT: what is asked for inside the tunnel is not known. */
export function explainTunnel(policy: Policy, authority: Authority, ownAddresses: readonly string[]): Explanation {
  const judged = judgeTunnel(policy, authority, ownAddresses);
  return explained(judged, {
    notes:
      judged.verdict === "deny"
        ? notesOnDenial(judged, "CONNECT")
        : judged.verdict === "ask"
          ? ["the tunnel is opened and looked into; what is asked for in it is held for you"]
          : [],
    remedy: remedyFor(policy, judged.reason, { tunnel: authority }, ownAddresses),
  });
}

/** A rule of a policy by its id, or null. */
export function findRule(policy: Policy, id: string | null): EgressRule | DenyRule | null {
  return ruleCalled(policy, id);
}

/** What a reason means, in a sentence; `rule` is the id of the rule that decided. */
export function meaningOf(reason: ReasonCode, rule: string | null): string {
  if (reason !== "allowed") return REFUSAL_TEXTS[reason].message;
  if (rule?.startsWith("grant:")) return "Your yes to a request covers it.";
  return rule === UNLISTED_RULE ? "No rule lists it: you said yes to this request." : "A rule lists it.";
}

function explainFacts(
  policy: Policy,
  facts: RequestFacts,
  ownAddresses: readonly string[],
  now: number | undefined,
): Explanation {
  const judged = judge(policy, facts, ownAddresses, now);
  if (judged.verdict === "allow") return explained(judged, { notes: notesOn(facts, judged) });
  return explained(judged, {
    notes: [...(judged.verdict === "ask" ? [askNote(policy)] : []), ...notesOnDenial(judged, facts.method)],
    near: nearMisses(policy, facts),
    remedy: remedyFor(policy, judged.reason, facts, ownAddresses),
  });
}

function askNote({ ask }: Policy): string {
  const seconds = (ask?.timeoutMs ?? ASK_TIMEOUT_MS) / 1000;
  return `it is held for you for ${seconds} s (bottle approvals), unless it holds what never leaves; then it is denied`;
}

const UNREAD = { verdict: "deny", rule: null, decision: null, spliced: false } as const;

function explained(
  { verdict, reason, detail, rule, decision }: Judged,
  more: Partial<Pick<Explanation, "notes" | "near" | "remedy">>,
): Explanation {
  const credentials = verdict === "allow" ? (decision?.credentials ?? []).map(({ name }) => name) : [];
  const meaning = meaningOf(reason, rule?.id ?? null);
  return { verdict, reason, meaning, detail, rule, credentials, notes: [], near: [], remedy: null, ...more };
}
