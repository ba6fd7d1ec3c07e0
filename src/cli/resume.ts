import { loadBackend } from "../backends/builtins.ts";
import { resume as resumeBottle } from "../session/resume.ts";
import { runAgent } from "../session/run-agent.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle resume`: the agent of an ended bottle goes on. The agent's exit code is ours, as for `start`. */
export const resume: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name = ""] = input.positionals;
  const running = await resumeBottle({ name, prompt: text(input, "prompt") ?? null, args: input.rest }, context);
  try {
    const backend = await loadBackend(running.plan.backend);
    return await runAgent(running, backend, flag(input, "rm"), context, io.stdoutIsTerminal);
  } catch (error) {
    report(error, io);
    return 125;
  }
};
