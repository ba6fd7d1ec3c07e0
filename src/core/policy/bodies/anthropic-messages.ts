import type { JsonValue } from "../../wire/strict-json.ts";
import { blocksProblem } from "./content-blocks.ts";
import { isObject, type JsonObject, listed, plainProblem, schemaProblem, type ValueJudge } from "./plain-values.ts";
import { toolsProblem } from "./request-tools.ts";

/** Fields of a Messages request that only set something. Everything that no table here has is denied by name. */
const PLAIN_FIELDS = [
  "model",
  "max_tokens",
  "metadata",
  "stop_sequences",
  "stream",
  "temperature",
  "top_k",
  "top_p",
  "tool_choice",
  "thinking",
  "service_tier",
  "inference_geo",
  "context_management",
  "cache_control",
  "speed",
  "diagnostics",
];

/** Fields that make the provider reach out, and the name under which an operator may list them. */
const PROVIDER_FIELDS: ReadonlyMap<string, string> = new Map([
  ["mcp_servers", "mcp"],
  ["container", "code_execution"],
]);

/** Betas without which the provider does not reach out, by the beginning of their names. */
const PROVIDER_BETAS: readonly (readonly [start: string, feature: string])[] = [
  ["mcp-client", "mcp"],
  ["files-api", "files"],
  ["code-execution", "code_execution"],
  ["skills", "code_execution"],
  ["web-search", "web_search"],
  ["web-fetch", "web_fetch"],
];

/**
 * What in a body of the Messages API lets the provider act for the agent, as a JSON path and a reason; null when
 * nothing does. `allowed` are features that the operator listed: `web_search`, `web_fetch`, `code_execution`, `mcp`,
 * `files`, `url_sources`, or the name of another server tool without its date. Attack row 137.
 */
export function messagesProblem(path: string, body: JsonValue, allowed: ReadonlySet<string>): string | null {
  if (!isObject(body)) return "$: not an object";
  if (path === "/v1/messages" || path === "/v1/messages/count_tokens") return requestProblem("", body, allowed);
  if (path !== "/v1/messages/batches") return `no body is known for ${path}`;
  const unknown = Object.keys(body).find((key) => key !== "requests");
  if (unknown !== undefined) return `${unknown}: unknown field`;
  if (!Array.isArray(body.requests)) return "requests: not a list";
  for (const [i, entry] of body.requests.entries()) {
    const at = `requests[${i}]`;
    if (!isObject(entry) || !isObject(entry.params)) return `${at}.params: not an object`;
    const extra = Object.keys(entry).find((key) => key !== "custom_id" && key !== "params");
    if (extra !== undefined) return `${at}.${extra}: unknown field`;
    const problem = requestProblem(`${at}.params.`, entry.params, allowed);
    if (problem !== null) return problem;
  }
  return null;
}

function requestProblem(prefix: string, body: JsonObject, allowed: ReadonlySet<string>): string | null {
  for (const [key, value] of Object.entries(body)) {
    // SDKs write the fields that they do not use as null.
    if (value === null) continue;
    const at = prefix + key;
    const judge = FIELDS.get(key);
    const feature = PROVIDER_FIELDS.get(key);
    if (judge === undefined && feature === undefined) return `${at}: unknown field`;
    const problem = feature === undefined ? judge?.(at, value, allowed) : listed(at, feature, allowed);
    if (problem != null) return problem;
  }
  return null;
}

const messagesListProblem: ValueJudge = (at, messages, allowed) => {
  if (!Array.isArray(messages)) return `${at}: not a list`;
  for (const [i, message] of messages.entries()) {
    const here = `${at}[${i}]`;
    if (!isObject(message)) return `${here}: not an object`;
    const unknown = Object.keys(message).find((key) => !["role", "content", "cache_control"].includes(key));
    if (unknown !== undefined) return `${here}.${unknown}: unknown field`;
    const problem = blocksProblem(`${here}.content`, message.content ?? null, allowed);
    if (problem !== null) return problem;
  }
  return null;
};

const betasProblem: ValueJudge = (at, betas, allowed) => {
  if (!Array.isArray(betas)) return `${at}: not a list`;
  for (const [i, beta] of betas.entries()) {
    if (typeof beta !== "string") return `${at}[${i}]: not a text`;
    const [, feature] = PROVIDER_BETAS.find(([start]) => beta.startsWith(start)) ?? [];
    const problem = feature === undefined ? null : listed(`${at}[${i}]`, feature, allowed);
    if (problem !== null) return problem;
  }
  return null;
};

const FIELDS: ReadonlyMap<string, ValueJudge> = new Map([
  ...PLAIN_FIELDS.map((field) => [field, plainProblem] as const),
  ["output_config", schemaProblem],
  ["output_format", schemaProblem],
  ["messages", messagesListProblem],
  ["system", blocksProblem],
  ["tools", toolsProblem],
  ["betas", betasProblem],
]);
