import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import { resume as resumeBottle } from "../session/resume.ts";
import { runAgent } from "../session/run-agent.ts";
import { timeLimit } from "./limits.ts";
import { operatorTerminal } from "./operator-terminal.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, negated, text, type VerbRun } from "./verb.ts";

/** `bottle resume`: the agent of an ended bottle goes on. The agent's exit code is ours, as for `start`. */
export const resume: VerbRun = async (input, io) => {
  if ((flag(input, "detach") || flag(input, "pane")) && io.hosted === null) {
    const { startDetached } = await import("./detached-start.ts");
    return startDetached("resume", input, io);
  }
  const context = sessionContext(io);
  const [name = ""] = input.positionals;
  const prompt = text(input, "prompt") ?? null;
  const continued = flag(input, "continue");
  if (continued && prompt !== null) {
    throw new BottleError("USAGE", "--continue takes the prompt of before, and -p names another one", {
      hint: "give one of them",
    });
  }
  const detached = io.hosted !== null;
  const request = {
    name,
    prompt,
    continued,
    args: input.rest,
    detached,
    notify: !negated(input, "notify"),
    ...timeLimit(input),
  };
  const running = await resumeBottle(request, context);
  try {
    const backend = await loadBackend(running.plan.backend);
    return await runAgent(running, backend, flag(input, "rm"), context, operatorTerminal(running, input, io));
  } catch (error) {
    report(error, io);
    return 125;
  }
};
