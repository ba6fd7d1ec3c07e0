import { providers } from "../agents/providers.ts";
import { loadBackend } from "../backends/builtins.ts";
import type { AgentProvider } from "../core/model/agent.ts";
import type { Command } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { GUEST_HOME } from "../core/plan/guest.ts";
import { readBase } from "../state/base-file.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPlan } from "../state/plan-file.ts";
import { readRecord } from "../state/records.ts";
import { refuseSettled } from "../state/settled.ts";
import type { SessionContext } from "./context.ts";
import { launch, type RunningBottle } from "./launch.ts";
import { stateOf } from "./reconcile.ts";
import { withProgram } from "./resumed-program.ts";

export interface ResumeRequest {
  readonly name: string;
  /** null: on the terminal. */
  readonly prompt: string | null;
  /** For this run, in place of those of the start; empty: those of the start. */
  readonly args: readonly string[];
}

/**
 * Runs the agent of an ended bottle again where it stopped: the same plan, backend, home and workspace, a new cage, and
 * credentials read anew. The agent goes on with its last conversation where there is one. Errors: BOTTLE_NOT_FOUND,
 * BOTTLE_RUNNING, BOTTLE_NOT_RUNNING for a lost one, USAGE, and those of `launch`.
 */
export async function resume(request: ResumeRequest, context: SessionContext): Promise<RunningBottle> {
  const { name } = request;
  const record = await readRecord(context.layout, name);
  const state = stateOf(record);
  if (state === "running" || state === "creating") {
    throw new BottleError("BOTTLE_RUNNING", `${name} runs`, { hint: `bottle exec -it ${name} -- bash looks inside` });
  }
  if (state === "lost") {
    const hint = `bottle prune settles it, then: bottle resume ${name}`;
    throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} was killed`, { hint });
  }
  const paths = bottlePaths(context.layout, name);
  await refuseSettled(name, paths);
  const plan = await readPlan(context.layout, name);
  const whole = plan.workspace.mode === "bind" || (await readBase(paths.base)) !== null;
  if (!whole) {
    const hint = `start a new one, and bottle rm ${name}`;
    throw new BottleError("BOTTLE_NOT_FOUND", `${name} ended before its workspace was complete`, { hint });
  }
  if (request.prompt === null && context.ask === null) {
    throw new BottleError("USAGE", "an interactive agent needs a terminal on stdin and stdout", {
      hint: `give it a prompt instead: bottle resume ${name} -p "..."`,
    });
  }
  const provider = providerOf(plan);
  const found = await withProgram(plan, provider, context);
  const planNow = { ...found, agent: { ...found.agent, headless: request.prompt !== null } };
  const running = await launch(planNow, await loadBackend(plan.backend), context, { again: true });
  try {
    const command = await commandFor(running, provider, request);
    const agent = { ...planNow.agent, command };
    return { ...running, plan: { ...planNow, agent } };
  } catch (error) {
    await running.close();
    throw error;
  }
}

function providerOf(plan: BottlePlan): AgentProvider {
  const found = Object.values(providers).find(({ name }) => name === plan.agent.provider);
  if (found !== undefined) return found;
  throw new BottleError("AGENT_UNKNOWN", `no built-in agent is called ${plan.agent.provider}`, {
    hint: "the bottle was started by another version of bot-bottle",
  });
}

async function commandFor(
  { bottle, plan }: RunningBottle,
  provider: AgentProvider,
  { prompt, args }: ResumeRequest,
): Promise<Command> {
  const { resume: ways } = provider;
  const run = {
    binary: plan.agent.binary,
    workspace: plan.workspace.cwd,
    home: GUEST_HOME,
    prompt,
    args: args.length > 0 ? args : (plan.agent.args ?? []),
    instructions: plan.agent.instructed === true ? "" : null,
  };
  if (ways === undefined) return provider.command(run);
  const asked = await bottle.exec(ways.found(run), { timeoutMs: 10_000, maxBytes: 4096 });
  return asked.code === 0 ? provider.command({ ...run, again: true }) : provider.command(run);
}
