import type { SuperviseDefinition } from "../model/manifest-supervise.ts";
import type { BottlePlan } from "../model/plan.ts";
import { GUEST_RUN } from "./guest.ts";

/** Name of the file in the bottle's read-only folder that tells an agent of the MCP server, in the form that most agents read. */
export const SUPERVISE_CONFIG_NAME = "supervise.json";
export const SUPERVISE_CONFIG = `${GUEST_RUN}/${SUPERVISE_CONFIG_NAME}`;
/** The variable that holds the URL of the MCP server, for agents that are told by other means. */
export const SUPERVISE_VARIABLE = "BOT_BOTTLE_MCP_URL";

/** A call may wait this long for the operator before the agent gives it up, in milliseconds: more than a `wait_decision`. */
const CALL_MS = 120_000;

/** Where supervise is, for who finds the gateway at `proxyUrl`. */
export function superviseUrl(proxyUrl: string): string {
  return `${proxyUrl}/mcp`;
}

/**
 * The file: `mcpServers`, as Claude Code, Gemini CLI and others read it. `alwaysLoad` is Claude Code's: else an agent that is refused
 * would have to look for the tools by their names first.
 */
export function superviseConfig(url: string): string {
  const server = { type: "http", url, timeout: CALL_MS, alwaysLoad: true };
  return `${JSON.stringify({ mcpServers: { "bot-bottle": server } }, null, 2)}\n`;
}

/** Whether the agent may ask its operator by supervise: unless its definition says no. */
export function planSupervise({ supervise = true }: SuperviseDefinition): Pick<BottlePlan, "supervise"> {
  return supervise ? { supervise: true } : {};
}

/** What the plan says of it, for the operator. */
export function superviseLines({ supervise }: Pick<BottlePlan, "supervise">): readonly string[] {
  return supervise === true
    ? ["what its agent asks for by the MCP server bot-bottle: waits an hour (bottle approvals)"]
    : [];
}
