import type { AgentProvider, AgentRunRequest } from "../core/model/agent.ts";
import type { Command } from "../core/model/command.ts";

/** A prompt is a script: `-p 'make test'` runs it, and what follows `--` are its arguments. */
function command(run: AgentRunRequest): Command {
  const shell = run.binary.path;
  if (run.prompt === null) return { argv: [shell, ...run.args], cwd: run.workspace };
  return { argv: [shell, "-c", run.prompt, "shell", ...run.args], cwd: run.workspace };
}

/** A plain shell: no credential, no way out but what the operator lists. For looking around and for tests. */
export const shell: AgentProvider = {
  name: "shell",
  title: "plain shell",
  program: null,
  credentials: () => [],
  rules: [],
  env: {},
  mounts: () => [],
  command,
  files: () => [],
};
