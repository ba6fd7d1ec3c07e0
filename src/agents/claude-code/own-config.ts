import type { ConfigSource, FoundConfig, Inside, JudgedConfig, OwnConfig } from "../../core/model/setup.ts";
import { fieldsOf } from "../../core/plan/fields.ts";
import { HOOKS_FOLDER } from "./host-paths.ts";
import { judgeServers } from "./mcp-servers.ts";
import { judgeSettings } from "./settings.ts";

export const SETTINGS = ".claude/settings.json";
export const STATE = ".claude.json";
export const SKILLS = ".claude/skills";

const sources: readonly ConfigSource[] = [
  { part: "settings", kind: "json", path: SETTINGS },
  { part: "settings", kind: "folder", path: HOOKS_FOLDER },
  { part: "settings", kind: "folder", path: ".claude/output-styles", ending: ".md" },
  { part: "memory", kind: "file", path: ".claude/CLAUDE.md" },
  { part: "memory", kind: "folder", path: ".claude/rules", ending: ".md" },
  { part: "commands", kind: "folder", path: ".claude/commands", ending: ".md" },
  { part: "agents", kind: "folder", path: ".claude/agents", ending: ".md" },
  { part: "skills", kind: "folder", path: SKILLS },
  { part: "mcp", kind: "json", path: STATE },
];

function judge({ parts, values }: FoundConfig, inside: Inside): JudgedConfig {
  const settings = parts.includes("settings") ? judgeSettings(values[SETTINGS], inside) : { value: {}, leftOut: [] };
  const { mcpServers } = fieldsOf(values[STATE]);
  const mcp = parts.includes("mcp") ? judgeServers(mcpServers, inside) : { servers: {}, leftOut: [], notes: [] };
  const some = Object.keys(mcp.servers).length > 0;
  return {
    own: { settings: settings.value, ...(some ? { mcpServers: mcp.servers } : {}) },
    // Without a terminal the first words are the only ones: they wait for the servers' tools (measured with 2.1.197).
    env: some && inside.headless ? { MCP_CONNECTION_NONBLOCKING: "0" } : {},
    leftOut: [...settings.leftOut, ...mcp.leftOut],
    notes: mcp.notes,
  };
}

/** What Claude Code keeps below the home folder. Where it is, and that each arrives, was measured with version 2.1.197. */
export const ownConfig: OwnConfig = { sources, judge };

/** What `bottle diff` compares; the rest of the two JSON files is the program's own memory. */
export const watched: readonly string[] = [
  SETTINGS,
  `${STATE}#mcpServers`,
  ".claude/CLAUDE.md",
  ...[".claude/commands", ".claude/agents", ".claude/rules", ".claude/output-styles", HOOKS_FOLDER, SKILLS],
];
