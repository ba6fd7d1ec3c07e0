import type { JsonValue } from "../../wire/strict-json.ts";
import {
  FETCHED_SOURCES,
  fetchedProblem,
  isObject,
  type JsonObject,
  listed,
  plainProblem,
  type ValueJudge,
} from "./plain-values.ts";

/** Fields of the blocks that are data of the conversation and nothing else. Any other field is refused by name. */
const BLOCK_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["text", ["text", "citations"]],
  ["image", ["source"]],
  ["document", ["source", "title", "context", "citations"]],
  ["search_result", ["source", "title", "content", "citations"]],
  ["thinking", ["thinking", "signature"]],
  ["redacted_thinking", ["data"]],
  ["tool_use", ["id", "name", "input", "caller", "toolset_name"]],
  ["tool_result", ["tool_use_id", "content", "is_error"]],
  ["tool_reference", ["tool_name"]],
  ["server_tool_use", ["id", "name", "input", "caller"]],
  ["tool_search_tool_result", ["tool_use_id", "content"]],
  ["tool_search_tool_search_result", ["tool_references"]],
  ["tool_search_tool_result_error", ["error_code", "error_message"]],
  ["compaction", ["content", "encrypted_content"]],
  ["fallback", ["from", "to", "trigger"]],
]);

/** Fields that every block may have. */
const BLOCK_COMMON: readonly string[] = ["type", "cache_control"];

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

/** Judges `content` or `system`: a text, or a list of blocks at any depth. */
export const blocksProblem: ValueJudge = (at, content, allowed) => {
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) return `${at}: neither a text nor a list`;
  for (const [i, block] of content.entries()) {
    const problem = blockProblem(`${at}[${i}]`, block, allowed);
    if (problem !== null) return problem;
  }
  return null;
};

const blockProblem: ValueJudge = (at, block, allowed) => {
  if (!isObject(block)) return `${at}: not an object`;
  const { type } = block;
  if (typeof type !== "string") return `${at}.type: not a text`;
  const feature = PROVIDER_BLOCKS.get(type);
  if (feature !== undefined) return listed(`${at}.type`, feature, allowed) ?? fetchedProblem(at, block, allowed);
  const fields = BLOCK_FIELDS.get(type);
  if (fields === undefined) return `${at}.type: unknown block ${type}`;
  for (const [key, value] of Object.entries(block)) {
    // SDKs write the fields that they do not use as null.
    if (value === null) continue;
    if (!fields.includes(key) && !BLOCK_COMMON.includes(key)) return `${at}.${key}: unknown field`;
    const problem = fieldProblem(`${at}.${key}`, type, key, value, allowed);
    if (problem !== null) return problem;
  }
  if (type === "server_tool_use") return serverToolProblem(at, block.name, allowed);
  return block.source === undefined && fields.includes("source") ? `${at}.source: not a source` : null;
};

function fieldProblem(
  at: string,
  type: string,
  key: string,
  value: JsonValue,
  allowed: ReadonlySet<string>,
): string | null {
  switch (key) {
    case "content":
      // The one block whose content is neither a text nor a list.
      if (type === "tool_search_tool_result" && isObject(value)) return blockProblem(at, value, allowed);
      return blocksProblem(at, value, allowed);
    case "tool_references":
      return blocksProblem(at, value, allowed);
    case "input":
      // What the model asked a tool for: the client runs it, the provider only reads it.
      return null;
    case "source":
      // A search result names where it came from in a text; nothing is fetched.
      if (type === "search_result") return typeof value === "string" ? null : `${at}: not a text`;
      return sourceProblem(at, value, allowed);
    case "citations":
      return citationsProblem(at, value, allowed);
    default:
      return plainProblem(at, value, allowed);
  }
}

/**
 * Where an answer in the history took its words from. Those from the web name a URL and come from the provider's own
 * search alone, so that they pass with it and not without: nothing is known to fetch them, and nothing honest is lost.
 */
const citationsProblem: ValueJudge = (at, citations, allowed) => {
  if (!Array.isArray(citations)) return plainProblem(at, citations, allowed);
  for (const [i, citation] of citations.entries()) {
    const here = `${at}[${i}]`;
    const web = isObject(citation) && citation.type === "web_search_result_location";
    const problem = web
      ? (listed(`${here}.type`, "web_search", allowed) ?? fetchedProblem(here, citation, allowed))
      : plainProblem(here, citation, allowed);
    if (problem !== null) return problem;
  }
  return null;
};

function serverToolProblem(at: string, name: JsonObject[string] | undefined, allowed: ReadonlySet<string>) {
  if (typeof name !== "string") return `${at}.name: not a text`;
  if (name.startsWith("tool_search_tool_")) return null;
  return listed(`${at}.name`, /code_execution$/.test(name) ? "code_execution" : name, allowed);
}

const sourceProblem: ValueJudge = (at, source, allowed) => {
  if (!isObject(source) || typeof source.type !== "string") return `${at}: not a source`;
  const { type } = source;
  const feature = FETCHED_SOURCES.get(type);
  if (feature !== undefined) return listed(`${at}.type`, feature, allowed);
  const fields = PLAIN_SOURCES.get(type);
  if (fields === undefined) return `${at}.type: unknown source ${type}`;
  for (const [key, value] of Object.entries(source)) {
    if (!fields.includes(key)) return `${at}.${key}: unknown field`;
    if (key !== "content" && typeof value !== "string") return `${at}.${key}: not a text`;
  }
  return type === "content" ? blocksProblem(`${at}.content`, source.content ?? null, allowed) : null;
};
