import type { AgentProvider } from "../core/model/agent.ts";
import { claudeCode } from "./claude-code.ts";
import { shell } from "./shell.ts";

/** The one list of built-in agent programs, by provider name. */
export const providers: Readonly<Record<string, AgentProvider>> = {
  [claudeCode.name]: claudeCode,
  [shell.name]: shell,
};

/** Agents that need no manifest: what is typed after `bottle start`, and the provider it means. */
export const builtInAgents: Readonly<Record<string, { readonly provider: string }>> = {
  claude: { provider: claudeCode.name },
  shell: { provider: shell.name },
};
