import type { ReasonCode } from "../model/decision.ts";
import type { DenyRule, EgressRule, Policy } from "../model/policy.ts";
import { pathAmbiguity } from "../wire/target.ts";
import { type Hit, requestHit } from "./denials.ts";
import type { AskableRequest } from "./grants.ts";
import { hostMatches } from "./hosts.ts";
import { queryOverrides } from "./method-overrides.ts";
import { pathReaches } from "./path-readings.ts";

/** What a rule more would change, and nothing else: only such a denial may become a question. */
const WANTING: readonly ReasonCode[] = [
  "host-not-listed",
  "port-not-listed",
  "method-not-listed",
  "path-not-listed",
  "query-not-listed",
];

/** Names that are never public (RFC 6761, RFC 6762; `metadata.google.internal`). The seal check asks for one, too. */
const PRIVATE_DOMAINS: readonly string[] = ["invalid", "localhost", "local", "internal"];

/** How long a request waits where the policy does not say. */
export const ASK_TIMEOUT_MS = 60_000;

/** Longest target that is shown to the operator: of a longer one a part could be approved unseen. */
const TARGET_LIMIT = 2048;

/** True when requests may be held under this policy. */
export function canAsk(policy: Policy): boolean {
  const { ask, leaks, rules } = policy;
  if (ask?.unlisted === true || leaks?.action === "ask") return true;
  return rules.some((rule) => rule.ask === true || rule.leaks?.action === "ask");
}

/** True when a request can be shown whole. */
export function isShowable({ path, query }: Pick<AskableRequest, "path" | "query">): boolean {
  return path.length + (query?.length ?? 0) < TARGET_LIMIT;
}

/**
 * True when a yes of the operator may allow a request that was denied for this reason: it means one thing, and the yes
 * lifts nothing but the missing rule. Attack rows 132, 144.
 */
export function isAskable(policy: Policy, reason: ReasonCode, request: AskableRequest): boolean {
  const { authority, method, path, query, upgrade } = request;
  if (!WANTING.includes(reason) || upgrade !== null) return false;
  if (!isAskableHost(request)) return false;
  if (pathAmbiguity(path) !== null) return false;
  if (queryOverrides(query).some((it) => it !== method)) return false;
  // A body rule holds for its path in every spelling, and whatever the method or query is (attack row 137).
  return !policy.rules.some(
    (rule) =>
      rule.body !== null &&
      hostMatches(rule.host, authority) &&
      (rule.paths === null || rule.paths.some((pattern) => pathReaches(pattern, path))),
  );
}

/** As `isAskable`, for a CONNECT, of which only host and port are known. */
export function isAskableTunnel(reason: ReasonCode, authority: AskableRequest["authority"]): boolean {
  return WANTING.includes(reason) && isAskableHost({ authority });
}

/** Addresses are listed by hand or not at all: a yes to one would lift what protects this machine (attack row 30). */
function isAskableHost({ authority }: Pick<AskableRequest, "authority">): boolean {
  // DNS over TLS is never let out; the gateway looks names up.
  if (authority.kind !== "name" || authority.port === 853) return false;
  return !PRIVATE_DOMAINS.includes(authority.host.split(".").at(-1) ?? "");
}

/**
 * The rule that wants a yes for this request, whatever else allows it; null when none does. It is looked for as a lax
 * server would read the request, like a rule that denies (attack rows 62, 63).
 */
export function askHit(policy: Policy, request: AskableRequest): Hit | null {
  return requestHit(askRules(policy), request);
}

const known = new WeakMap<readonly EgressRule[], readonly DenyRule[]>();

/** The rules that ask, in the shape of rules that deny: they hold back, too. */
export function askRules({ rules }: Policy): readonly DenyRule[] {
  let found = known.get(rules);
  if (found === undefined) {
    found = rules
      .filter((rule) => rule.ask === true)
      .map(({ id, host, port, methods, paths }) => ({ id, source: "operator", host, port, methods, paths }) as const);
    known.set(rules, found);
  }
  return found;
}
