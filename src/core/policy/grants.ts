import type { Grant } from "../model/grant.ts";
import type { DialTarget, EgressRule, Policy, RuleSource } from "../model/policy.ts";
import { formatAuthority, parseAuthority } from "../wire/authority.ts";
import { formatTarget, pathAmbiguity } from "../wire/target.ts";
import type { DeniableRequest } from "./denials.ts";
import { queryOverrides } from "./method-overrides.ts";
import { pathMatches } from "./paths.ts";

/** A request as far as answers of the operator look at it. */
export interface AskableRequest extends DeniableRequest {
  readonly scheme: "https" | "http";
  readonly upgrade: "websocket" | null;
}

/** Most grants that one bottle may have. */
export const GRANT_LIMIT = 256;

/**
 * The grant that covers a request, or null: the very method, scheme, authority and path that were shown, or a path that fits the
 * pattern that the operator wrote. `now` is in
 * milliseconds since the epoch; one whose end has come covers nothing, reloaded or not (attack rows 132, 148).
 */
export function grantFor(policy: Policy, request: AskableRequest, now: number): Grant | null {
  const grants = policy.grants ?? [];
  if (grants.length === 0 || request.upgrade !== null) return null;
  // `POST /a?_method=DELETE` is no POST to a framework (attack row 62).
  if (queryOverrides(request.query).some((method) => method !== request.method)) return null;
  const authority = formatAuthority(request.authority);
  return (
    grants.find(
      (grant) =>
        isLive(grant, now) &&
        grant.method === request.method &&
        grant.scheme === request.scheme &&
        grant.authority === authority &&
        coversPath(grant, request.path),
    ) ?? null
  );
}

/** A pattern fits only a path that means one thing to every server (attack row 63). */
export function coversPath({ path, pattern }: Pick<Grant, "path" | "pattern">, asked: string): boolean {
  if (pattern !== true) return path === asked;
  return pathAmbiguity(asked) === null && pathMatches(path, asked);
}

/** True when a grant reaches into an inspected tunnel to this authority. */
export function isTunnelGranted(policy: Policy, authority: AskableRequest["authority"], now: number): boolean {
  const name = formatAuthority(authority);
  return (policy.grants ?? []).some(
    (grant) => isLive(grant, now) && grant.scheme === "https" && grant.authority === name,
  );
}

/** True while its end has not come. */
export function isLive({ expiresAt }: Grant, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

/** A request that no rule lists as the rule that would list just it; where its host is dialled elsewhere, it is too. */
export function ruleOfRequest(policy: Policy, request: AskableRequest, id: string): EgressRule {
  const { scheme, method, path, authority } = request;
  return exactRule(policy, { scheme, method, path, host: authority.host, port: authority.port }, id);
}

/** The rule that a grant stands for, as `why` shows it. */
export function ruleOfGrant(policy: Policy, grant: Grant): EgressRule | null {
  const reading = parseAuthority(grant.authority, null);
  if (!reading.ok) return null;
  const { host, port } = reading.authority;
  return exactRule(policy, { ...grant, host, port }, grantRuleId(grant));
}

/** Id of the rule that a grant stands for. */
export function grantRuleId({ id }: Pick<Grant, "id">): string {
  return `grant:${id}`;
}

/** What a grant covers, in words for its operator. */
export function coverage({ method, scheme, authority, path, pattern }: Omit<Grant, "id" | "scope">): string {
  const what = pattern === true ? ", any path that fits this pattern" : "";
  return `${method} ${scheme}://${authority}${formatTarget(path, null)}${what}, with any query and any body`;
}

interface Exact {
  readonly scheme: "https" | "http";
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
}

function exactRule(policy: Policy, { scheme, host, port, method, path }: Exact, id: string): EgressRule {
  const source: RuleSource = "grant";
  return {
    id,
    source,
    host,
    port,
    scheme,
    mode: "inspect",
    methods: [method],
    paths: [path],
    body: null,
    websocket: false,
    maxRequestBytes: null,
    dial: dialOf(policy, host, port),
  };
}

/** Where a host is dialled is a fact about the host (`plan/rules`). */
function dialOf(policy: Policy, host: string, port: number): DialTarget | null {
  return policy.rules.find((rule) => rule.host === host && rule.port === port && rule.dial !== null)?.dial ?? null;
}
