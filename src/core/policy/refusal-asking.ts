import type { ReasonCode } from "../model/decision.ts";

/** What a rule more, or a grant, would change: an agent may ask for it by its URL. */
const ACCESS: readonly ReasonCode[] = [
  "host-not-listed",
  "port-not-listed",
  "method-not-listed",
  "path-not-listed",
  "query-not-listed",
  "policy-expired",
];
/** There is nothing left to ask for. */
const POINTLESS: readonly ReasonCode[] = ["ask-denied", "ask-limit", "closing"];

/**
 * What a refusal says to an agent that has the MCP server: `advice`, or how to ask besides. It is the same whatever the
 * policy lists (attack row 136).
 */
export function askingAdvice(reason: ReasonCode, advice: string): string {
  if (POINTLESS.includes(reason)) return advice;
  if (ACCESS.includes(reason)) {
    return "Work without it, or call request_access of the MCP server bot-bottle with this URL and method, then wait_decision; retrying before that will not help.";
  }
  return `${advice} If you cannot go on without it, call request_capability of the MCP server bot-bottle.`;
}
