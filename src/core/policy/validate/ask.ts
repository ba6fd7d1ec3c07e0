import type { Grant } from "../../model/grant.ts";
import type { Policy } from "../../model/policy.ts";
import { parseAuthority } from "../../wire/authority.ts";
import { KNOWN_METHODS } from "../../wire/request-head.ts";
import { pathAmbiguity } from "../../wire/target.ts";
import { GRANT_LIMIT } from "../grants.ts";
import type { PolicyProblem } from "../policy-problem.ts";

/** An answer may be waited for as long as a client waits at all. */
const LONGEST_MS = 3_600_000;

/** What is wrong with how a policy asks, and with what was granted. */
export function askProblems({ ask, grants = [] }: Policy): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  if (ask !== undefined && !(Number.isSafeInteger(ask.timeoutMs) && ask.timeoutMs >= 1 && ask.timeoutMs <= LONGEST_MS))
    problems.push({ path: "ask.timeoutMs", message: `not 1 to ${LONGEST_MS} ms` });
  if (grants.length > GRANT_LIMIT) problems.push({ path: "grants", message: `more than ${GRANT_LIMIT}` });
  for (const [i, grant] of grants.entries()) {
    const taken = grants.findIndex(({ id }) => id === grant.id) < i;
    const message = taken ? `another grant is called ${grant.id}` : grantProblem(grant);
    if (message !== null) problems.push({ path: `grants[${i}]`, message });
  }
  return problems;
}

function grantProblem({ id, method, scheme, authority, path, createdAt, expiresAt }: Grant): string | null {
  if (id === "") return "no id";
  if (!KNOWN_METHODS.includes(method)) return "not a method";
  if (!["https", "http"].includes(scheme)) return "neither https nor http";
  const reading = parseAuthority(authority, null);
  if (!reading.ok || reading.authority.kind !== "name") return "not a name and a port";
  if (pathAmbiguity(path) !== null) return "not a path that means one thing";
  const times = [createdAt, ...(expiresAt === null ? [] : [expiresAt])];
  return times.every((time) => Number.isSafeInteger(time) && time >= 0) ? null : "not a time";
}
