import type { ReasonCode } from "../model/decision.ts";
import type { Policy } from "../model/policy.ts";
import { ASK_TIMEOUT_MS, isShowable } from "../policy/asking.ts";
import { createCredentialGuard } from "../policy/credentials.ts";
import { decideRequest, decideTunnel, type RequestFacts } from "../policy/decide.ts";
import { packForRequest } from "../policy/pack-hints.ts";
import { readFacts } from "../policy/request-facts.ts";
import { formatAuthority } from "../wire/authority.ts";
import { KNOWN_METHODS } from "../wire/request-head.ts";
import { readTarget } from "../wire/target.ts";
import type { AccessWords, Reading } from "./tool-input.ts";

/** Access that an agent asks for: one method of one path; what a grant could give, and nothing wider. */
export interface WantedAccess {
  readonly facts: RequestFacts;
  /** `host:port`. */
  readonly authority: string;
}

/** What the policy says of it now. */
export type AccessJudgement =
  | { readonly kind: "allowed"; readonly until: number | null }
  /** A yes of the operator would allow it. */
  | {
      readonly kind: "askable";
      readonly reason: ReasonCode;
      readonly rule: string | null;
      readonly pack: string | null;
      readonly credentials: readonly string[];
    }
  /** No yes to one request would allow it: nobody is asked. */
  | { readonly kind: "refused"; readonly reason: ReasonCode };

/** Reads what is asked for as the gateway would read the request itself. */
export function readWantedAccess(words: AccessWords): Reading<WantedAccess> {
  const method = (words.method ?? "GET").toUpperCase();
  if (!KNOWN_METHODS.includes(method)) return { ok: false, why: `method: one of ${KNOWN_METHODS.join(", ")}` };
  const url = urlOf(words);
  if (!url.ok) return url;
  const target = readTarget(url.value);
  if (!target.ok || target.target.authority === null) {
    return { ok: false, why: "url: a whole URL such as https://files.example.com/a, without user name and fragment" };
  }
  const raw = { method, target: url.value, httpVersion: "1.1", rawHeaders: ["Host", target.target.authority] };
  const reading = readFacts(raw, new Set(), null);
  if (!reading.ok) return { ok: false, why: `url: ${reading.detail}` };
  const { facts } = reading;
  if (!isShowable(facts)) return { ok: false, why: "url: too long to be shown to the operator" };
  return { ok: true, value: { facts, authority: formatAuthority(facts.authority) } };
}

function urlOf({ url, host, port, scheme, path }: AccessWords): Reading<string> {
  const parts = [host, port, scheme, path].filter((part) => part !== null);
  if (url !== null) {
    if (parts.length > 0) return { ok: false, why: "give url alone, or host with port, scheme and path" };
    return /^https?:\/\//i.test(url) ? { ok: true, value: url } : { ok: false, why: "url: begins with https://" };
  }
  if (host === null) return { ok: false, why: "give url, or host" };
  if (!/^[A-Za-z0-9.-]{1,253}$/.test(host)) return { ok: false, why: "host: a name alone, without scheme and port" };
  if (path !== null && !path.startsWith("/")) return { ok: false, why: "path: begins with /" };
  return { ok: true, value: `${scheme ?? "https"}://${host}${port === null ? "" : `:${port}`}${path ?? "/"}` };
}

/**
 * What the gateway would do with it under this policy, decided by the gateway's own functions: as if everything that no rule
 * lists were asked about. `now` in milliseconds since the epoch. Never throws for what an agent wrote.
 */
export function judgeAccess(policy: Policy, { facts }: WantedAccess, now: number): AccessJudgement {
  const asking: Policy = { ...policy, ask: { unlisted: true, timeoutMs: policy.ask?.timeoutMs ?? ASK_TIMEOUT_MS } };
  const guard = createCredentialGuard(policy, new Map());
  if (facts.scheme === "https") {
    const tunnel = decideTunnel(asking, guard, facts.authority, now);
    if (tunnel.verdict === "deny") return { kind: "refused", reason: tunnel.reason };
    // Nothing in it is looked at.
    if (tunnel.mode === "splice") return { kind: "allowed", until: null };
  }
  const decision = decideRequest(asking, guard, facts, now);
  if (decision.verdict === "deny") return { kind: "refused", reason: decision.reason };
  if (decision.verdict === "allow") return { kind: "allowed", until: grantEnd(policy, decision.rule) };
  const { reason } = decision;
  return {
    kind: "askable",
    reason,
    rule: reason === "ask-required" ? decision.rule : null,
    pack: packForRequest(reason, facts),
    credentials: decision.credentials.map(({ name }) => name),
  };
}

/** When the grant behind a rule ends; null: it does not, or it is no grant. */
function grantEnd({ grants = [] }: Policy, rule: string | null): number | null {
  return grants.find(({ id }) => rule === `grant:${id}`)?.expiresAt ?? null;
}
