import type { Authority } from "../model/authority.ts";
import type { EgressRule } from "../model/policy.ts";
import { queryOverrides } from "./method-overrides.ts";
import { laxMatches, laxPath } from "./path-readings.ts";

/** A request that is looked at for what it would bring back. */
interface AskedFor {
  readonly authority: Authority;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
}

/** Ends of paths at which services hand out a new token to whoever shows an old one. A `*` is one segment. */
const ENDS: readonly string[] = [
  // OAuth 2.0 token endpoints (RFC 6749 section 3.2) as servers mount them.
  ...["oauth/token", "oauth2/token", "oauth2/*/token", "oauth2/*/*/token", "oauth/access_token", "oauth2/access_token"],
  ...["oauth/v2/token", "connect/token", "auth/v1/token", "protocol/openid-connect/token", "oauth/authorizations"],
  // GitHub, REST API: apps, actions, authorizations.
  ...["app/installations/*/access_tokens", "applications/*/token", "applications/*/token/scoped", "authorizations"],
  ...["app-manifests/*/conversions", "actions/runners/registration-token", "actions/runners/remove-token"],
  ...["actions/runners/generate-jitconfig"],
  // GitLab and Gitea, REST APIs.
  ...["personal_access_tokens", "personal_access_tokens/*/rotate", "access_tokens", "access_tokens/*/rotate"],
  ...["deploy_tokens", "impersonation_tokens", "user/runners", "reset_registration_token", "users/*/tokens"],
  ...["projects/*/triggers", "access-tokens"],
  // Package registries: npm, crates.io, PyPI, RubyGems, Docker Hub, Artifactory.
  ...["-/npm/v1/tokens", "-/user/*", "-/v1/login", "-/npm/v1/oidc/token/exchange/package/*", "api/v1/me/tokens"],
  ...["api/v1/trusted_publishing/tokens", "_/oidc/mint-token", "_/oidc/github/mint-token", "api/v1/api_key"],
  ...["oidc/trusted_publisher/exchange_token", "oidc/api_key_roles/*/assume_role", "v2/users/login", "v2/auth/token"],
  ...["access/api/v1/tokens", "api/security/token", "api/security/apikey"],
  // Model APIs: OpenAI, Anthropic, Gemini, OpenRouter.
  ...["organization/admin_api_keys", "organization/projects/*/service_accounts", "realtime/client_secrets"],
  ...["realtime/sessions", "realtime/transcription_sessions", "chatkit/sessions", "oauth/claude_cli/create_api_key"],
  ...["auth_tokens", "api/v1/keys", "auth/keys"],
  // Clouds and services: Vault, Kubernetes, Cloudflare, DigitalOcean, Linode, Azure, Google, Databricks, Slack, Stripe, Twilio.
  ...["auth/token/create", "auth/token/create/*", "auth/*/login", "auth/*/login/*", "serviceaccounts/*/token"],
  ...["serviceaccounts/*/tokens", "user/tokens", "accounts/*/tokens", "user/tokens/*/value", "v2/tokens"],
  ...["profile/tokens", "listkeys", "listaccountsas", "serviceAccounts/*/keys", "token/create", "api/oauth.access"],
  ...["api/oauth.v2.access", "api/oauth.v2.exchange", "api/openid.connect.token", "api/tooling.tokens.rotate"],
  ...["api/apps.connections.open", "ephemeral_keys", "Accounts/*/Keys", "Accounts/*/Tokens"],
];

/** Hosts that do little else; what is asked stands in the query or the body. */
const HOSTS: readonly RegExp[] = [
  /^sts(?:-fips)?(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/,
  /^(?:oidc|portal\.sso)\.[a-z0-9-]+\.amazonaws\.com$/,
  /^(?:oauth2|sts|iamcredentials|securetoken)\.googleapis\.com$/,
];

/** Methods that hand out nothing, at these paths. */
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** By the number of segments: only so many ends of a path are compared. */
const PATTERNS = Map.groupBy(
  ENDS.map((end) => ({ open: false, segments: end.split("/").map((it) => (it === "*" ? null : it.toLowerCase())) })),
  ({ segments }) => segments.length,
);

/**
 * What kind of token endpoint this is, for the operator; null when it is none that is known. The answer would hold a
 * secret that nobody can mask, since nobody knows it yet. Paths are read as a lax server would. Attack row 98.
 */
export function tokenEndpoint({ authority, method, path, query }: AskedFor): string | null {
  if (HOSTS.some((host) => host.test(authority.host))) return `the host ${authority.host} hands out tokens`;
  if (READS.has(method) && queryOverrides(query).length === 0) return null;
  const segments = laxSegments(path);
  for (const [length, patterns] of PATTERNS) {
    const end = segments.slice(-length);
    if (patterns.some((pattern) => laxMatches(pattern, end))) return `${end.join("/").slice(0, 100)} hands out tokens`;
  }
  return null;
}

/** True when a rule says, by the very path and not by a pattern, that this endpoint is meant. */
export function isNamed(rules: readonly EgressRule[], { method, path }: AskedFor): boolean {
  return rules.some(
    ({ paths, methods }) => paths?.includes(path) === true && (methods === null || methods.includes(method)),
  );
}

/** The segments that a server may route by: slashes in any spelling, without dots, parameters (RFC 3986 3.3) and `.json`. */
function laxSegments(path: string): readonly string[] {
  const out: string[] = [];
  for (const part of laxPath(path).join("/").split(/[/\\]/)) {
    const segment = part.replace(/;.*$/s, "");
    if (segment === "..") out.pop();
    else if (segment !== "" && segment !== ".") out.push(segment);
  }
  const last = out.pop();
  return last === undefined ? out : [...out, last.replace(/\.(?:json|xml)$/, "")];
}
