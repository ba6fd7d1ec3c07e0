import type { EgressRule } from "../model/policy.ts";

/** Addresses at which GraphQL, JSON-RPC, XML-RPC and MCP take every action, told apart by the body alone (attack row 65). */
const ONE_ADDRESS = /\/(?:graphql|gql|json-?rpc|rpc|xml-?rpc(?:\.php)?|mcp)\/?$/i;

/** True for a path at which reading and writing look alike. */
export function isOneAddress(path: string): boolean {
  return ONE_ADDRESS.test(path);
}

/** True for a rule under which a body may be sent. */
export function carriesBodies({ methods }: EgressRule): boolean {
  return methods === null || methods.some((method) => method !== "GET" && method !== "HEAD");
}

/**
 * What of a rule is wider than it looks, half a sentence; null: nothing. Where any path may be written to, an agent can
 * publish what it has read: an issue, a gist, a package, a push (attack rows 114, 115).
 */
export function wholeAccess(rule: EgressRule): string | null {
  if (rule.mode === "splice" || rule.body !== null || !carriesBodies(rule)) return null;
  const paths = rule.paths?.filter(isOneAddress) ?? [];
  if (paths.length > 0)
    return `full access to what ${paths.join(" and ")} can do: reading and writing differ in the body alone, which is not judged`;
  // Where the operator says where to dial, it is the operator's own.
  if (rule.paths !== null || rule.dial !== null || rule.source === "agent") return null;
  return "any path may be written to: what the agent has read can be published there";
}
