import type { JsonValue } from "../../wire/strict-json.ts";

export type JsonObject = { readonly [key: string]: JsonValue };

/** Blocks whose content is data of the conversation and nothing else. */
const PLAIN_BLOCKS = new Set([
  "text",
  "tool_use",
  "thinking",
  "redacted_thinking",
  "search_result",
  "tool_reference",
  "tool_search_tool_result",
  "compaction",
  "fallback",
]);

/** Blocks that go with a provider-side feature: without it listed there is no such history. */
const PROVIDER_BLOCKS: ReadonlyMap<string, string> = new Map([
  ["web_search_tool_result", "web_search"],
  ["web_fetch_tool_result", "web_fetch"],
  ["code_execution_tool_result", "code_execution"],
  ["bash_code_execution_tool_result", "code_execution"],
  ["text_editor_code_execution_tool_result", "code_execution"],
  ["container_upload", "code_execution"],
  ["mcp_tool_use", "mcp"],
  ["mcp_tool_result", "mcp"],
  ["advisor_tool_result", "advisor"],
]);

/** Sources that carry their data along, with all their fields. */
const PLAIN_SOURCES: ReadonlyMap<string, readonly string[]> = new Map([
  ["base64", ["type", "media_type", "data"]],
  ["text", ["type", "media_type", "data"]],
  ["content", ["type", "content"]],
]);

/** Sources that the provider would fetch. */
const PROVIDER_SOURCES: ReadonlyMap<string, string> = new Map([
  ["url", "url_sources"],
  ["file", "files"],
]);

/** Fields by which a block could point elsewhere; no block that passes has one. */
const POINTERS = new Set(["url", "uri", "file", "file_id", "image_url", "container", "server_url", "mcp_servers"]);

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null when the operator listed the feature, else the refusal of `at`. */
export function listed(at: string, feature: string, allowed: ReadonlySet<string>): string | null {
  return allowed.has(feature) ? null : `${at}: provider-side feature ${feature} is not listed`;
}

/** Judges `content` or `system`: a text, or a list of blocks at any depth. */
export function blocksProblem(at: string, content: JsonValue | undefined, allowed: ReadonlySet<string>): string | null {
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) return `${at}: neither a text nor a list`;
  for (const [i, block] of content.entries()) {
    const problem = blockProblem(`${at}[${i}]`, block, allowed);
    if (problem !== null) return problem;
  }
  return null;
}

function blockProblem(at: string, block: JsonValue, allowed: ReadonlySet<string>): string | null {
  if (!isObject(block)) return `${at}: not an object`;
  const { type } = block;
  if (typeof type !== "string") return `${at}.type: not a text`;
  const feature = PROVIDER_BLOCKS.get(type);
  if (feature !== undefined) return listed(`${at}.type`, feature, allowed);
  const pointer = Object.keys(block).find((key) => POINTERS.has(key));
  if (pointer !== undefined) return `${at}.${pointer}: unknown field`;
  if (type === "image" || type === "document") return sourceProblem(`${at}.source`, block.source, allowed);
  // A search result names where it came from in a text; nothing is fetched.
  if (isObject(block.source)) return `${at}.source: unknown field`;
  if (type === "tool_result") {
    return block.content === undefined ? null : blocksProblem(`${at}.content`, block.content, allowed);
  }
  if (type === "search_result") return blocksProblem(`${at}.content`, block.content, allowed);
  if (type === "server_tool_use") return serverToolProblem(at, block.name, allowed);
  return PLAIN_BLOCKS.has(type) ? null : `${at}.type: unknown block ${type}`;
}

function serverToolProblem(at: string, name: JsonValue | undefined, allowed: ReadonlySet<string>): string | null {
  if (typeof name !== "string") return `${at}.name: not a text`;
  if (name.startsWith("tool_search_tool_")) return null;
  return listed(`${at}.name`, /code_execution$/.test(name) ? "code_execution" : name, allowed);
}

function sourceProblem(at: string, source: JsonValue | undefined, allowed: ReadonlySet<string>): string | null {
  if (!isObject(source) || typeof source.type !== "string") return `${at}: not a source`;
  const { type } = source;
  const feature = PROVIDER_SOURCES.get(type);
  if (feature !== undefined) return listed(`${at}.type`, feature, allowed);
  const fields = PLAIN_SOURCES.get(type);
  if (fields === undefined) return `${at}.type: unknown source ${type}`;
  const unknown = Object.keys(source).find((key) => !fields.includes(key));
  if (unknown !== undefined) return `${at}.${unknown}: unknown field`;
  return type === "content" ? blocksProblem(`${at}.content`, source.content, allowed) : null;
}
