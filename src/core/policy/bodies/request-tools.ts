import { isObject, listed, plainProblem, type ValueJudge } from "./plain-values.ts";

/** Fields that every tool of the client may have. */
const TOOL_COMMON: readonly string[] = [
  "type",
  "name",
  "cache_control",
  "strict",
  "defer_loading",
  "allowed_callers",
  "input_examples",
];

/** Tools that the client itself runs, and the search over the tools of the request, with the other fields of each. */
const CLIENT_TOOLS: ReadonlyMap<string, readonly string[]> = new Map([
  ["custom", ["description", "input_schema", "eager_input_streaming"]],
  ["bash", []],
  ["text_editor", ["max_characters"]],
  ["computer", ["display_height_px", "display_width_px", "display_number", "enable_zoom"]],
  ["memory", []],
  ["tool_search_tool", []],
  ["tool_search_tool_regex", []],
  ["tool_search_tool_bm25", []],
]);

/** What only describes the input of a tool; its names are the agent's own. */
const DESCRIPTIONS: readonly string[] = ["input_schema", "input_examples"];

/** Judges `tools`: what the client runs passes with its known fields, what the provider runs must be listed. */
export const toolsProblem: ValueJudge = (at, tools, allowed) => {
  if (!Array.isArray(tools)) return `${at}: not a list`;
  for (const [i, tool] of tools.entries()) {
    const problem = toolProblem(`${at}[${i}]`, tool, allowed);
    if (problem !== null) return problem;
  }
  return null;
};

const toolProblem: ValueJudge = (at, tool, allowed) => {
  if (!isObject(tool)) return `${at}: not an object`;
  const type = tool.type ?? "custom";
  if (typeof type !== "string") return `${at}.type: not a text`;
  // `bash_20250124`: the date is the version.
  const kind = type.replace(/_[0-9]{8}$/, "");
  const fields = CLIENT_TOOLS.get(kind);
  if (fields === undefined) {
    if (kind === "mcp_toolset") return listed(`${at}.type`, "mcp", allowed);
    return listed(`${at}.type`, kind, allowed) ?? plainProblem(at, tool, allowed);
  }
  for (const [key, value] of Object.entries(tool)) {
    if (value === null || DESCRIPTIONS.includes(key)) continue;
    if (!fields.includes(key) && !TOOL_COMMON.includes(key)) return `${at}.${key}: unknown field`;
    const problem = plainProblem(`${at}.${key}`, value, allowed);
    if (problem !== null) return problem;
  }
  return null;
};
