import type { JsonValue } from "../../wire/strict-json.ts";
import { blocksProblem, isObject, type JsonObject, listed } from "./content-blocks.ts";

/** Fields of a Messages request that neither fetch nor run anything at the provider. Everything else is denied by name. */
const PLAIN_FIELDS = new Set([
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
  "output_config",
  "output_format",
  "cache_control",
  "speed",
  "betas",
  "diagnostics",
]);

/** Fields that make the provider reach out, and the name under which an operator may list them. */
const PROVIDER_FIELDS: ReadonlyMap<string, string> = new Map([
  ["mcp_servers", "mcp"],
  ["container", "code_execution"],
]);

/** Tools that the client itself runs, and the search over the tools of the request: `bash_20250124`. */
const CLIENT_TOOL = /^(?:bash|text_editor|computer|memory|tool_search_tool(?:_regex|_bm25)?)(?:_[0-9]{8})?$/;

const CUSTOM_TOOL_FIELDS = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "cache_control",
  "strict",
  "defer_loading",
  "eager_input_streaming",
  "allowed_callers",
  "input_examples",
]);

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
    const at = prefix + key;
    // SDKs write the fields that they do not use as null.
    if (PLAIN_FIELDS.has(key) || value === null) continue;
    const feature = PROVIDER_FIELDS.get(key);
    let problem: string | null;
    if (key === "messages") problem = messagesListProblem(at, value, allowed);
    else if (key === "system") problem = blocksProblem(at, value, allowed);
    else if (key === "tools") problem = toolsProblem(at, value, allowed);
    else problem = feature === undefined ? `${at}: unknown field` : listed(at, feature, allowed);
    if (problem !== null) return problem;
  }
  return null;
}

function messagesListProblem(at: string, messages: JsonValue, allowed: ReadonlySet<string>): string | null {
  if (!Array.isArray(messages)) return `${at}: not a list`;
  for (const [i, message] of messages.entries()) {
    const here = `${at}[${i}]`;
    if (!isObject(message)) return `${here}: not an object`;
    const unknown = Object.keys(message).find((key) => !["role", "content", "cache_control"].includes(key));
    if (unknown !== undefined) return `${here}.${unknown}: unknown field`;
    const problem = blocksProblem(`${here}.content`, message.content, allowed);
    if (problem !== null) return problem;
  }
  return null;
}

function toolsProblem(at: string, tools: JsonValue, allowed: ReadonlySet<string>): string | null {
  if (!Array.isArray(tools)) return `${at}: not a list`;
  for (const [i, tool] of tools.entries()) {
    const problem = toolProblem(`${at}[${i}]`, tool, allowed);
    if (problem !== null) return problem;
  }
  return null;
}

function toolProblem(at: string, tool: JsonValue, allowed: ReadonlySet<string>): string | null {
  if (!isObject(tool)) return `${at}: not an object`;
  const { type } = tool;
  if (type === undefined || type === null || type === "custom") {
    const unknown = Object.keys(tool).find((key) => !CUSTOM_TOOL_FIELDS.has(key));
    return unknown === undefined ? null : `${at}.${unknown}: unknown field`;
  }
  if (typeof type !== "string") return `${at}.type: not a text`;
  if (CLIENT_TOOL.test(type)) return null;
  const feature = type === "mcp_toolset" ? "mcp" : type.replace(/_[0-9]{8}$/, "");
  return listed(`${at}.type`, feature, allowed);
}
