import type { Authority } from "../model/authority.ts";
import type { Decision, ReasonCode } from "../model/decision.ts";
import type { CredentialBinding, EgressRule, Policy } from "../model/policy.ts";
import type { HeaderPair } from "../wire/header-pairs.ts";
import { KNOWN_METHODS } from "../wire/request-head.ts";
import { formatTarget, pathAmbiguity } from "../wire/target.ts";
import { askHit, askRules, isAskable, isAskableTunnel, isShowable } from "./asking.ts";
import {
  bringsForeignProtocol,
  type CredentialGuard,
  credentialsFor,
  foreignToken,
  type MisplacedCredential,
} from "./credentials.ts";
import { type Hit, requestHit, tunnelHit, undeniedMethods } from "./denials.ts";
import { endpointDenial } from "./endpoint-denials.ts";
import { grantFor, grantRuleId, isTunnelGranted, ruleOfRequest } from "./grants.ts";
import { hostMatches } from "./hosts.ts";
import { queryOverrides } from "./method-overrides.ts";
import { pathReaches, pathReadings } from "./path-readings.ts";
import { pathMatches } from "./paths.ts";

export interface TunnelDecision extends Decision {
  /** What to do with the bytes of an allowed tunnel; null when denied. */
  readonly mode: "inspect" | "splice" | null;
  /** Rules that list this authority in that mode; for `splice` the first one gives `dial`. */
  readonly rules: readonly EgressRule[];
  /** True when the operator should be told at once. */
  readonly alert: boolean;
}

export interface RequestFacts {
  readonly scheme: "https" | "http";
  readonly authority: Authority;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: readonly HeaderPair[];
  readonly upgrade: "websocket" | null;
  /** Declared length of the body in bytes; null when chunked; 0 when there is none. */
  readonly bodyLength: number | null;
}

export interface RequestDecision extends Decision {
  /** The rule that allows it, now or after a yes, with `dial`, `body`, `maxRequestBytes`; null when denied. */
  readonly matched: EgressRule | null;
  /** To be written into the request, last. A non-empty list means: ask for identity, scrub the response. */
  readonly credentials: readonly CredentialBinding[];
  /** Methods that a form in the body may name; null: any. */
  readonly bodyMethods: readonly string[] | null;
  readonly alert: boolean;
}

/** Why a request is denied. */
interface Denial {
  readonly reason: ReasonCode;
  readonly detail: string;
  readonly rule?: Pick<EgressRule, "id">;
  readonly alert?: boolean;
}

/** Id of the rule that a yes to a request that no rule lists stands for. */
export const UNLISTED_RULE = "ask:unlisted";

/** Milliseconds since the epoch where nobody says: every grant with an end is over. */
const LATEST = Number.POSITIVE_INFINITY;

/**
 * Judges a CONNECT. Never throws: a fault is a deny with `internal-error`. `ask`: the tunnel is inspected, and what is in
 * it is asked about. `now` as in `grantFor`. Attack rows 22, 24, 25, 58, 105.
 */
export function decideTunnel(
  policy: Policy,
  guard: CredentialGuard,
  authority: Authority,
  now = LATEST,
): TunnelDecision {
  const outcome = guarded(() => judgeTunnel(policy, guard, authority));
  if ("reason" in outcome) {
    const open =
      guarded(() => {
        if (!isAskableTunnel(outcome.reason, authority)) return false;
        return policy.ask?.unlisted === true || isTunnelGranted(policy, authority, now);
      }) === true;
    if (!open) return { ...denied(policy, outcome), mode: null, rules: [] };
    return { ...denied(policy, outcome), verdict: "ask", mode: "inspect", rules: [] };
  }
  const { mode, rules } = outcome;
  return { ...allowed(policy, rules[0] ?? null), mode, rules, alert: false };
}

/** Judges one request, inspected or plain, by one policy for all schemes. `now` as in `grantFor`. Never throws. Attack rows 22, 24, 39, 52, 56, 58, 61 to 64, 92, 96, 98, 99, 115. */
export function decideRequest(
  policy: Policy,
  guard: CredentialGuard,
  request: RequestFacts,
  now = LATEST,
): RequestDecision {
  const outcome = guarded(() => judgeRequest(policy, guard, request, now));
  if ("reason" in outcome) return { ...denied(policy, outcome), matched: null, credentials: [], bodyMethods: [] };
  const { rule, credentials, bodyMethods, asks } = outcome;
  const decision = asks === null ? allowed(policy, rule) : { ...denied(policy, asks), verdict: "ask" as const };
  return { ...decision, matched: rule, credentials, bodyMethods, alert: false };
}

function judgeTunnel(
  policy: Policy,
  guard: CredentialGuard,
  authority: Authority,
): Denial | { readonly mode: "inspect" | "splice"; readonly rules: readonly EgressRule[] } {
  const misplaced = guard.findMisplaced({ scheme: "https", authority, target: "", headers: [] });
  if (misplaced !== null) return misplacement(misplaced);
  const whole = tunnelHit(policy.deny, authority, null);
  if (whole !== null) return denialBy(whole);
  const listed = rulesAt(policy, authority, "https");
  if ("reason" in listed) return listed;
  // Where both are listed the stricter one holds: nothing that a rule wants inspected passes unseen.
  const inspected = listed.rules.filter((rule) => rule.mode === "inspect");
  if (inspected.length > 0) return { mode: "inspect", rules: inspected };
  const unseen = tunnelHit(policy.deny, authority, "splice");
  return unseen === null ? { mode: "splice", rules: listed.rules } : denialBy(unseen);
}

/** A rule that allows a request; `asks`: with the operator's yes, and why. */
interface Listed {
  readonly rule: EgressRule;
  readonly asks: Denial | null;
}

function judgeRequest(
  policy: Policy,
  guard: CredentialGuard,
  request: RequestFacts,
  now: number,
): Denial | (Pick<RequestDecision, "credentials" | "bodyMethods"> & Listed) {
  const { scheme, authority, method, path, query, headers } = request;
  const misplaced = guard.findMisplaced({ scheme, authority, target: formatTarget(path, query), headers });
  if (misplaced !== null) return misplacement(misplaced);
  if (!KNOWN_METHODS.includes(method)) return { reason: "method-refused", detail: `method ${method}` };
  const hit = requestHit(policy.deny, request);
  if (hit !== null) return denialBy(hit);
  const listed = withAnswers(policy, request, listedRule(policy, request), now);
  if ("reason" in listed) return listed;
  const { rule, asks } = listed;
  if (rule.maxRequestBytes !== null && (request.bodyLength ?? 0) > rule.maxRequestBytes) {
    return { reason: "body-too-large", detail: `${request.bodyLength} of ${rule.maxRequestBytes} bytes`, rule };
  }
  const credentials = credentialsFor(policy, rule, authority);
  const foreign = foreignToken(query, credentials);
  if (foreign !== null)
    return { reason: "foreign-credential", detail: `query parameter ${foreign}`, rule, alert: true };
  if (bringsForeignProtocol(headers, credentials))
    return { reason: "foreign-credential", detail: "Sec-WebSocket-Protocol", rule, alert: true };
  const endpoint = endpointDenial(inspectedAt(policy, request), request, credentials.length > 0);
  if (endpoint !== null) return { ...endpoint, rule };
  const held = asks === null ? [...policy.deny, ...askRules(policy)] : policy.deny;
  return { rule, asks, credentials, bodyMethods: undeniedMethods(held, request, rule.methods) };
}

/** The rule that allows a request by itself. */
function listedRule(policy: Policy, request: RequestFacts): EgressRule | Denial {
  const listed = rulesAt(policy, request.authority, request.scheme);
  if ("reason" in listed) return listed;
  const inspected = listed.rules.filter((rule) => rule.mode === "inspect");
  if (inspected.length === 0) return { reason: "tls-not-seen", detail: "listed for splice only" };
  return pickRule(inspected, request);
}

/** The rules for this place under which requests are judged. */
function inspectedAt(policy: Policy, { authority, scheme }: RequestFacts): readonly EgressRule[] {
  const listed = rulesAt(policy, authority, scheme);
  return "reason" in listed ? [] : listed.rules.filter((rule) => rule.mode === "inspect");
}

/** What rules say, with what the operator said since, and what they are to be asked. */
function withAnswers(policy: Policy, request: RequestFacts, found: EgressRule | Denial, now: number): Denial | Listed {
  if ("reason" in found) {
    if (!isAskable(policy, found.reason, request)) return found;
    const grant = grantFor(policy, request, now);
    if (grant !== null) return { rule: ruleOfRequest(policy, request, grantRuleId(grant)), asks: null };
    if (policy.ask?.unlisted !== true || !isShowable(request)) return found;
    return { rule: ruleOfRequest(policy, request, UNLISTED_RULE), asks: found };
  }
  const hit = askHit(policy, request);
  if (hit === null) return { rule: found, asks: null };
  const { id } = hit.rule;
  if (hit.ambiguity !== null) return { reason: "path-ambiguous", detail: hit.ambiguity, rule: { id } };
  if (request.upgrade !== null) return { reason: "upgrade-refused", detail: "at a rule that asks", rule: { id } };
  const grant = grantFor(policy, request, now);
  if (grant !== null) return { rule: { ...found, id: grantRuleId(grant) }, asks: null };
  if (!isShowable(request)) return { reason: "limit-reached", detail: "too long to be shown", rule: { id } };
  return { rule: found, asks: { reason: "ask-required", detail: `rule ${id} asks`, rule: { id } } };
}

/** The rules for this host, port and scheme, or the first of the three that no rule fits. */
function rulesAt(
  policy: Policy,
  authority: Authority,
  scheme: "https" | "http",
): Denial | { readonly rules: readonly EgressRule[] } {
  const host = policy.rules.filter((rule) => hostMatches(rule.host, authority));
  if (host.length === 0) return { reason: "host-not-listed", detail: `host ${authority.host}` };
  const port = host.filter((rule) => rule.port === authority.port);
  if (port.length === 0) return { reason: "port-not-listed", detail: `port ${authority.port}` };
  const rules = port.filter((rule) => rule.scheme === scheme);
  return rules.length === 0 ? { reason: "scheme-not-listed", detail: `scheme ${scheme}` } : { rules };
}

/** The rule that allows path, method and upgrade. One with a body rule goes before one without, so that a broad rule never lifts it. */
function pickRule(all: readonly EgressRule[], request: RequestFacts): EgressRule | Denial {
  const { path, query, method, upgrade } = request;
  const ambiguity = all.some(looksAtPaths) ? pathAmbiguity(path) : null;
  const rules = ambiguity === null ? all : fittingAllReadings(all, path);
  if (ambiguity !== null && rules.length === 0) return { reason: "path-ambiguous", detail: ambiguity };
  const onPath = rules.filter((rule) => fitsPath(rule, path));
  if (onPath.length === 0) return { reason: "path-not-listed", detail: `path ${path.slice(0, 200)}` };
  // `/V1/messages` must not reach by a broad rule what a body rule holds back at `/v1/messages`.
  const dodged = rules.find((rule) => rule.body !== null && !onPath.includes(rule) && nearlyOn(rule, path));
  if (dodged !== undefined)
    return {
      reason: "path-ambiguous",
      detail: "differs from a path with a body rule only in case, encoding or slashes",
      rule: dodged,
    };
  const methods = [method, ...queryOverrides(query)];
  const fitting = onPath.filter((rule) => rule.methods === null || methods.every((it) => rule.methods?.includes(it)));
  if (fitting.length === 0) return { reason: "method-not-listed", detail: `method ${methods.join(" as ")}` };
  const asked = fitting.filter((rule) => fitsQuery(rule, query));
  if (asked.length === 0)
    return { reason: "query-not-listed", detail: query === null ? "no query" : `query ${query.slice(0, 200)}` };
  const [rule] = [...asked.filter((it) => it.body !== null), ...asked];
  if (rule === undefined || upgrade === null) return rule ?? { reason: "internal-error", detail: "no rule" };
  if (rule.body !== null) return { reason: "upgrade-refused", detail: "upgrade at a path with a body rule", rule };
  return (
    asked.find((it) => it.websocket) ?? { reason: "upgrade-refused", detail: "no rule allows WebSocket here", rule }
  );
}

function looksAtPaths({ paths, body, terms }: EgressRule): boolean {
  return paths !== null || body !== null || (terms?.except.length ?? 0) > 0;
}

/** The rules that allow a path, whichever way it is read, and whose clients are known to write it so. */
function fittingAllReadings(rules: readonly EgressRule[], path: string): readonly EgressRule[] {
  const readings = rules.some((rule) => rule.body !== null) ? null : pathReadings(path);
  if (readings === null) return [];
  return rules.filter((rule) => rule.terms?.encoded === true && readings.every((reading) => fitsPath(rule, reading)));
}

function fitsPath({ paths, terms }: EgressRule, path: string): boolean {
  if (terms?.except.some((pattern) => pathReaches(pattern, path))) return false;
  return paths === null || paths.some((pattern) => pathMatches(pattern, path));
}

function fitsQuery({ terms }: EgressRule, query: string | null): boolean {
  const queries = terms?.queries ?? null;
  if (queries === null) return true;
  return query === null ? queries.length === 0 : queries.includes(query);
}

function nearlyOn(rule: EgressRule, path: string): boolean {
  return rule.paths?.some((pattern) => pathReaches(pattern, path)) ?? true;
}

function denialBy({ rule, ambiguity }: Hit): Denial {
  if (ambiguity !== null)
    return { reason: "path-ambiguous", detail: `${ambiguity}, at a path that may be denied`, rule };
  return { reason: "denied-by-rule", detail: `host ${rule.host}`, rule };
}

function misplacement({ name, kind, where }: MisplacedCredential): Denial {
  return { reason: "credential-wrong-host", detail: `${kind} of ${name} in the ${where}`, alert: true };
}

/** A throw while deciding is a deny. */
function guarded<T>(judge: () => T): T | Denial {
  try {
    return judge();
  } catch {
    // The error may quote bytes from inside; its text goes nowhere.
    return { reason: "internal-error", detail: "the policy could not be applied", alert: true };
  }
}

function denied(policy: Policy, denial: Denial): Decision & { readonly alert: boolean } {
  return {
    verdict: "deny",
    reason: denial.reason,
    rule: denial.rule?.id ?? null,
    policyVersion: policy?.version ?? 0,
    detail: denial.detail,
    alert: denial.alert ?? false,
  };
}

function allowed(policy: Policy, rule: EgressRule | null): Decision {
  return { verdict: "allow", reason: "allowed", rule: rule?.id ?? null, policyVersion: policy.version };
}
