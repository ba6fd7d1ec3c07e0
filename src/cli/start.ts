import { BottleError } from "../core/model/errors.ts";
import { launch } from "../session/launch.ts";
import { prepare } from "../session/prepare.ts";
import { operatorTerminal } from "./operator-terminal.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { startRequest } from "./start-words.ts";
import { flag, negated, text, type VerbRun } from "./verb.ts";

/** `bottle start`: plan, launch, run, close. The agent's exit code is ours; 125 when our part breaks after it began. */
export const start: VerbRun = async (input, io) => {
  if (text(input, "from") !== undefined) return (await import("./start-from.ts")).startFrom(input, io);
  if (text(input, "parallel") !== undefined) {
    throw new BottleError("USAGE", "--parallel is for --from, which starts many bottles", {
      hint: "bottle start --from tasks.jsonl --parallel 4",
    });
  }
  const request = startRequest(input, io);
  if (text(input, "format") !== undefined && !request.dryRun) {
    throw new BottleError("USAGE", "--format says how --dry-run prints the plan, and --dry-run was not given", {
      hint: "add --dry-run, or leave --format out: what an agent prints is its own",
    });
  }
  const detached = flag(input, "detach") || flag(input, "pane");
  if (detached && io.hosted === null && !request.dryRun) {
    const { startDetached } = await import("./detached-start.ts");
    return startDetached("start", input, io);
  }
  const context = sessionContext(io);
  const { plan, backend } = await prepare(request, context, { detached });
  if (request.dryRun) {
    const { printPlan } = await import("./print-plan.ts");
    printPlan(plan, input, io);
    return 0;
  }
  for (const risk of plan.risks) context.say(`bottle: note: ${risk}`);
  const agent = () => import("../session/run-agent.ts");
  const running = await launch(plan, backend, context, {
    removeFailed: request.rm,
    detached: io.hosted !== null,
    notify: !negated(input, "notify"),
    meanwhile: agent,
  });
  try {
    const { runAgent } = await agent();
    return await runAgent(running, backend, request.rm, context, operatorTerminal(running, input, io));
  } catch (error) {
    report(error, io);
    return 125;
  }
};
