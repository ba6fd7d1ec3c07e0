import type { AgentProvider } from "../core/model/agent.ts";
import { claudeCode } from "./claude-code.ts";
import { shell } from "./shell.ts";

/** The one list of built-in agents, by the name that is typed after `bottle start` or stands as `provider` in a manifest. */
export const providers: Readonly<Record<string, AgentProvider>> = { claude: claudeCode, shell };
