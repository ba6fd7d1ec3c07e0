import { NEEDLE_MIN_BYTES } from "../../leaks/needles.ts";
import type { CredentialBinding, CredentialScheme, EgressRule, Policy } from "../../model/policy.ts";
import { isSafeHeaderValue, isToken } from "../../wire/header-pairs.ts";
import { hostMatches, hostPatternsOverlap, splitHostPort } from "../hosts.ts";
import type { PolicyProblem } from "../policy-problem.ts";

/** Fields that frame or route a request; a credential written there would change what the request is. */
const NOT_A_SLOT = new Set([
  ...["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect"],
  ...["content-type", "content-encoding", "accept-encoding", "proxy-authorization"],
]);

/** What is wrong with the credentials, each by itself and with each other. Attack rows 94, 96, 104. */
export function credentialsProblems(policy: Policy): readonly PolicyProblem[] {
  return policy.credentials.flatMap((binding, i) => {
    const earlier = policy.credentials.slice(0, i);
    const problems = [
      ...ownProblems(binding),
      ...binding.hosts.flatMap((host, at) => hostProblems(host, `hosts[${at}]`, policy.rules, earlier)),
      ...clashes(binding, earlier),
    ];
    return problems.map(({ path, message }) => ({ path: `credentials[${i}].${path}`, message }));
  });
}

function ownProblems({ name, hosts, placeholder, scheme, drops }: CredentialBinding): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  if (name === "") problems.push({ path: "name", message: "empty" });
  if (hosts.length === 0) problems.push({ path: "hosts", message: "empty: it would never be written" });
  if (placeholder.length < NEEDLE_MIN_BYTES || !/^[\x21-\x7e]*$/.test(placeholder)) {
    problems.push({ path: "placeholder", message: `not ${NEEDLE_MIN_BYTES} or more visible ASCII characters` });
  }
  const problem = schemeProblem(scheme);
  if (problem !== null) problems.push({ path: "scheme", message: problem });
  for (const [i, header] of drops.entries()) {
    if (!isToken(header) || header !== header.toLowerCase() || NOT_A_SLOT.has(header)) {
      problems.push({ path: `drops[${i}]`, message: "not a lower-case header name that may be dropped" });
    }
  }
  return problems;
}

function schemeProblem(scheme: CredentialScheme): string | null {
  switch (scheme.kind) {
    case "bearer":
      return null;
    case "basic":
      // RFC 7617 2: the first colon ends the user name.
      return /^[\x20-\x39\x3b-\x7e]*$/.test(scheme.username)
        ? null
        : "the user name holds a colon or a control character";
    case "header":
      if (!isToken(scheme.header)) return "not a header name";
      if (NOT_A_SLOT.has(scheme.header.toLowerCase())) return "this header cannot hold a credential";
      return isSafeHeaderValue(scheme.prefix) ? null : "the prefix holds a control character";
    case "query":
      return /^[A-Za-z0-9._~-]+$/.test(scheme.parameter) ? null : "not a plain parameter name";
    default:
      return "unknown kind";
  }
}

/** A credential is written over inspected https only, and one host has one credential. */
function hostProblems(
  pattern: string,
  path: string,
  rules: readonly EgressRule[],
  earlier: readonly CredentialBinding[],
): readonly PolicyProblem[] {
  const place = splitHostPort(pattern);
  if (place === null) return [{ path, message: "neither HOST nor HOST:PORT in canonical form" }];
  const problems: PolicyProblem[] = [];
  const meets = (host: string, port: number): boolean => port === place.port && hostPatternsOverlap(host, place.host);
  const unseen = rules.find(
    (rule) => meets(rule.host, rule.port) && (rule.scheme !== "https" || rule.mode !== "inspect"),
  );
  // An exact host that a rule inspects is inspected whatever a wider splice rule says.
  const inspected = rules.some(
    (rule) =>
      rule.scheme === "https" &&
      rule.mode === "inspect" &&
      rule.port === place.port &&
      hostMatches(rule.host, { host: place.host, kind: "name", port: place.port }),
  );
  if (unseen !== undefined && (unseen.scheme !== "https" || !inspected)) {
    const how = unseen.scheme === "https" ? "spliced, so nothing could be written" : "reached over plain http";
    problems.push({ path, message: `by rule ${unseen.id} this host is ${how}` });
  }
  for (const other of earlier) {
    const shared = other.hosts.map(splitHostPort).some((it) => it !== null && meets(it.host, it.port));
    if (shared) problems.push({ path, message: `credential ${other.name} is for this host too` });
  }
  return problems;
}

/** Names are unique, and no placeholder is part of another: the outcome would depend on where a chunk ends (attack row 94). */
function clashes(binding: CredentialBinding, earlier: readonly CredentialBinding[]): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const mine = binding.placeholder.toLowerCase();
  for (const other of earlier) {
    if (other.name === binding.name)
      problems.push({ path: "name", message: `another credential is called ${binding.name}` });
    const theirs = other.placeholder.toLowerCase();
    if (mine.includes(theirs) || theirs.includes(mine)) {
      problems.push({
        path: "placeholder",
        message: `part of the placeholder of ${other.name}, or the other way round`,
      });
    }
  }
  return problems;
}
