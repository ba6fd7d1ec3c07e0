import type { Authority } from "../model/authority.ts";
import type { DenyRule } from "../model/policy.ts";
import { KNOWN_METHODS } from "../wire/request-head.ts";
import { pathAmbiguity } from "../wire/target.ts";
import { hostMatches } from "./hosts.ts";
import { queryOverrides } from "./method-overrides.ts";
import { type LaxPath, type LaxPattern, laxMatches, laxPath, laxPattern, pathReadings } from "./path-readings.ts";

/** A request as far as rules that deny look at it. */
export interface DeniableRequest {
  readonly authority: Authority;
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
}

/** The rule that denies a request, and how sure that is: `ambiguous` when only some reading of its path is denied. */
export interface Hit {
  readonly rule: DenyRule;
  /** What makes the path ambiguous; null when it is denied as it stands. */
  readonly ambiguity: string | null;
}

/** The first rule that denies this request; null when none does. */
export function requestHit(deny: readonly DenyRule[], request: DeniableRequest): Hit | null {
  if (deny.length === 0) return null;
  const methods = [request.method, ...queryOverrides(request.query)];
  const here = deny.filter((rule) => isAt(rule, request.authority) && methods.some((it) => deniesMethod(rule, it)));
  const whole = here.find((rule) => rule.paths === null);
  if (whole !== undefined) return { rule: whole, ambiguity: null };
  const [first] = here;
  if (first === undefined) return null;
  const readings = readingsOf(request.path);
  if (readings === null) return { rule: first, ambiguity: pathAmbiguity(request.path) };
  const hit = here.find((rule) => isOnPath(rule, readings));
  return hit === undefined ? null : { rule: hit, ambiguity: null };
}

/**
 * The first rule that denies a tunnel; null when none does. What goes on in a spliced tunnel is not seen, so a rule for
 * some methods or paths of its host denies all of it.
 */
export function tunnelHit(
  deny: readonly DenyRule[],
  authority: Authority,
  mode: "inspect" | "splice" | null,
): Hit | null {
  const rule = deny.find(
    (it) => isAt(it, authority) && (mode === "splice" || (it.methods === null && it.paths === null)),
  );
  return rule === undefined ? null : { rule, ambiguity: null };
}

/** `methods` (null: any) without those that are denied at this path: what a form in the body may name (attack row 62). */
export function undeniedMethods(
  deny: readonly DenyRule[],
  { authority, path }: DeniableRequest,
  methods: readonly string[] | null,
): readonly string[] | null {
  const near = deny.filter((rule) => rule.methods !== null && isAt(rule, authority));
  if (near.length === 0) return methods;
  const readings = readingsOf(path);
  const here = near.filter((rule) => readings === null || isOnPath(rule, readings));
  if (here.length === 0) return methods;
  return (methods ?? KNOWN_METHODS).filter((method) => !here.some((rule) => deniesMethod(rule, method)));
}

function isAt(rule: DenyRule, authority: Authority): boolean {
  return hostMatches(rule.host, authority) && (rule.port === null || rule.port === authority.port);
}

/** HEAD is a GET without an answer's body (RFC 9110 9.3.2): the request itself says as much. */
function deniesMethod({ methods }: DenyRule, method: string): boolean {
  return methods === null || methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

function readingsOf(path: string): readonly LaxPath[] | null {
  return pathReadings(path)?.map(laxPath) ?? null;
}

function isOnPath(rule: DenyRule, readings: readonly LaxPath[]): boolean {
  if (rule.paths === null) return true;
  return patternsOf(rule).some((pattern) => readings.some((reading) => laxMatches(pattern, reading)));
}

const patterns = new WeakMap<DenyRule, readonly LaxPattern[]>();

/** A rule's paths, read once: they are asked for every request, and an untrusted file may hold many. */
function patternsOf(rule: DenyRule): readonly LaxPattern[] {
  let known = patterns.get(rule);
  if (known === undefined) {
    known = (rule.paths ?? []).map(laxPattern);
    patterns.set(rule, known);
  }
  return known;
}
