import type { JsonValue } from "../../wire/strict-json.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

/** What in the value at this path does not fit, as a path and a reason; null when it fits. `allowed` are listed features. */
export type ValueJudge = (at: string, value: JsonValue, allowed: ReadonlySet<string>) => string | null;

/** Sources that the provider would fetch, and the feature under which an operator may list them. */
export const FETCHED_SOURCES: ReadonlyMap<string, string> = new Map([
  ["url", "url_sources"],
  ["file", "files"],
]);

/** Keys by which a value could point elsewhere, in any case and spelling: `callbackUrl`, `mcp_servers`, `file_id`. */
const POINTER = /url|uri|href|webhook|callback|endpoint|mcp|fileid|container/;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null when the operator listed the feature, else the refusal of `at`. */
export function listed(at: string, feature: string, allowed: ReadonlySet<string>): string | null {
  return allowed.has(feature) ? null : `${at}: provider-side feature ${feature} is not listed`;
}

/** Judges a value that only sets something: at no depth may it point elsewhere. Texts are never looked into. */
export const plainProblem: ValueJudge = (at, value, allowed) => walk(at, value, allowed, null, POINTER);

/** The same for what holds an answer's JSON schema, whose names are the agent's own: a property may be called `url`. */
export const schemaProblem: ValueJudge = (at, value, allowed) => walk(at, value, allowed, "schema", POINTER);

/** Judges what goes with a listed feature: it may name URLs, but no source to fetch. A call's `input` is the tool's own. */
export const fetchedProblem: ValueJudge = (at, value, allowed) => walk(at, value, allowed, "input", null);

/** `opaque` is a key whose value is not looked into. Depth is bounded by the parser. */
function walk(
  at: string,
  value: JsonValue,
  allowed: ReadonlySet<string>,
  opaque: string | null,
  pointer: RegExp | null,
): string | null {
  if (Array.isArray(value)) {
    for (const [i, entry] of value.entries()) {
      const problem = walk(`${at}[${i}]`, entry, allowed, opaque, pointer);
      if (problem !== null) return problem;
    }
    return null;
  }
  if (!isObject(value)) return null;
  const feature = typeof value.type === "string" ? FETCHED_SOURCES.get(value.type) : undefined;
  if (feature !== undefined && !allowed.has(feature)) return listed(`${at}.type`, feature, allowed);
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || key === opaque) continue;
    if (pointer?.test(key.toLowerCase().replace(/[-_]/g, "")) === true) return `${at}.${key}: unknown field`;
    const problem = walk(`${at}.${key}`, inner, allowed, opaque, pointer);
    if (problem !== null) return problem;
  }
  return null;
}
