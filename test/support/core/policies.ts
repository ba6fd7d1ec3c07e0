import type { Authority } from "../../../src/core/model/authority.ts";
import type { Grant } from "../../../src/core/model/grant.ts";
import type { CredentialBinding, DenyRule, EgressRule, Policy } from "../../../src/core/model/policy.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { type CredentialGuard, createCredentialGuard } from "../../../src/core/policy/credentials.ts";
import {
  decideRequest,
  decideTunnel,
  type RequestDecision,
  type RequestFacts,
  type TunnelDecision,
} from "../../../src/core/policy/decide.ts";
import { parseAuthority } from "../../../src/core/wire/authority.ts";

/** A rule with the usual values where a test does not care. */
export function rule(over: Partial<EgressRule> = {}): EgressRule {
  return {
    id: `test:${over.host ?? "a.test"}:${over.port ?? 443}`,
    source: "operator",
    host: "a.test",
    port: 443,
    scheme: "https",
    mode: "inspect",
    methods: null,
    paths: null,
    body: null,
    websocket: false,
    maxRequestBytes: null,
    dial: null,
    ...over,
  };
}

export const PLACEHOLDER = "sk-test-Placeholder0123456789";
export const SECRET_VALUE = "sk-test-RealSecretValue98765";

/** A bearer credential for a.test. */
export function binding(over: Partial<CredentialBinding> = {}): CredentialBinding {
  return { name: "main", scheme: { kind: "bearer" }, hosts: ["a.test"], placeholder: PLACEHOLDER, drops: [], ...over };
}

export function policy(
  rules: readonly EgressRule[],
  credentials: readonly CredentialBinding[] = [],
  deny: readonly DenyRule[] = [],
): Policy {
  return { version: 7, rules, deny, credentials };
}

/** A rule that denies all of a.test, changed by `over`. */
export function deny(over: Partial<DenyRule> = {}): DenyRule {
  return { id: "deny:0", source: "operator", host: "a.test", port: null, methods: null, paths: null, ...over };
}

/** The guard of a policy; each credential's secret is SECRET_VALUE. */
export function guardOf(from: Policy): CredentialGuard {
  return createCredentialGuard(
    from,
    new Map(from.credentials.map(({ name }) => [name, new Secret(name, SECRET_VALUE)])),
  );
}

/** An authority as `core/wire` reads it; throws on one that is malformed. */
export function authority(text: string, port = 443): Authority {
  const reading = parseAuthority(text, port);
  if (!reading.ok) throw new Error(`${text}: ${reading.why}`);
  return reading.authority;
}

export function tunnel(from: Policy, target: string, now?: number): TunnelDecision {
  return decideTunnel(from, guardOf(from), authority(target), now);
}

/** A yes to `GET https://a.test/x` for as long as the bottle runs, changed by `over`. */
export function grant(over: Partial<Grant> = {}): Grant {
  return {
    id: "g-1",
    scope: "bottle",
    method: "GET",
    scheme: "https",
    authority: "a.test:443",
    path: "/x",
    request: "1",
    createdAt: 0,
    expiresAt: null,
    ...over,
  };
}

/** Judges a request for `https://a.test/x`, changed by `over`. */
export function request(from: Policy, over: Partial<RequestFacts> = {}, now?: number): RequestDecision {
  const facts: RequestFacts = {
    scheme: "https",
    authority: authority("a.test", over.scheme === "http" ? 80 : 443),
    method: "GET",
    path: "/x",
    query: null,
    headers: [["Host", "a.test"]],
    upgrade: null,
    bodyLength: 0,
    ...over,
  };
  return decideRequest(from, guardOf(from), facts, now);
}
