import type { Proposal } from "../model/proposal.ts";
import { pathPatternProblem } from "../policy/paths.ts";
import { parseAuthority } from "../wire/authority.ts";
import { KNOWN_METHODS } from "../wire/request-head.ts";

/** What a yes to more than one request allows. */
export interface Reach {
  /** Upper case. */
  readonly method: string;
  readonly scheme: "https" | "http";
  /** `host:port`, canonical. */
  readonly authority: string;
  /** Raw path, or with `pattern` a path pattern; never a query. */
  readonly path: string;
  readonly pattern: boolean;
}

/** The narrowest reach that holds a request. */
export function reachOf({ method, scheme, authority, target }: Proposal): Reach {
  return { method, scheme, authority, path: target.split("?")[0] ?? target, pattern: false };
}

/** True when a request of this method, place and path falls under it. */
export function sameReach(a: Reach, b: Reach): boolean {
  return (
    a.method === b.method &&
    a.scheme === b.scheme &&
    a.authority === b.authority &&
    a.path === b.path &&
    a.pattern === b.pattern
  );
}

/** What is wrong with a reach that an operator wrote, in words; null: nothing. Addresses stand in the manifest or nowhere (attack row 30). */
export function reachProblem({ method, authority, path, pattern }: Reach): string | null {
  if (!KNOWN_METHODS.includes(method)) return `method ${method} is none that the gateway knows`;
  const reading = parseAuthority(authority, null);
  if (!reading.ok) return `${authority} is no host and port: ${reading.why}`;
  if (reading.authority.kind !== "name") return "a yes is for a host by its name, never for an address";
  const problem = pattern ? pathPatternProblem(path) : null;
  if (problem !== null) return `path ${path}: ${problem}`;
  return path.startsWith("/") ? null : `path ${path} has no leading slash`;
}

/** Lines of the rule, as a diff. */
export function addsOf({ method, scheme, authority, path }: Reach): readonly string[] {
  return [`+ ${method} ${scheme}://${authority}${path}  (any query, any body, this bottle)`];
}
