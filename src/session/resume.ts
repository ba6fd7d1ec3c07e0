import { providers } from "../agents/providers.ts";
import { loadBackend } from "../backends/builtins.ts";
import type { AgentProvider } from "../core/model/agent.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import type { Command } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { GUEST_HOME } from "../core/plan/guest.ts";
import { stateOf } from "../state/bottle-state.ts";
import { readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { launch, type RunningBottle } from "./launch.ts";
import { removeLeftovers } from "./removal.ts";
import { resumablePlan } from "./resumable.ts";
import { withProgram } from "./resumed-program.ts";
import { settleLost } from "./settlement.ts";

/** For an agent with a conversation that a kill cut off. */
const INTERRUPTED = "You were interrupted. Go on with your task where you stopped.";

export interface ResumeRequest {
  readonly name: string;
  /** null: on the terminal. */
  readonly prompt: string | null;
  /** Go on with what the agent was last run on, headless or on the terminal; `prompt` is then not looked at. */
  readonly continued?: boolean;
  /** For this run, in place of those of the start; absent: as the start said. */
  readonly maxMinutes?: number;
  /** For this run, in place of those of the start; empty: those of the start. */
  readonly args: readonly string[];
  /** The agent's terminal is held for it: none of the operator's is needed. */
  readonly detached: boolean;
  /** As of `LaunchOptions`. */
  readonly notify?: boolean;
}

/**
 * Runs the agent of an ended bottle again where it stopped: the same plan, backend, home and workspace, a new cage, and
 * credentials read anew. The agent goes on with its last conversation where there is one. What a killed host process left
 * is removed first. Errors: BOTTLE_NOT_FOUND, BOTTLE_RUNNING, USAGE, those of `settleLost` and of `launch`.
 */
export async function resume(request: ResumeRequest, context: SessionContext): Promise<RunningBottle> {
  const { name } = request;
  const record = await readRecord(context.layout, name);
  const state = stateOf(record);
  if (state === "running" || state === "creating") {
    const hint = record.terminal === "held" ? `bottle attach ${name}` : `bottle exec -it ${name} -- bash looks inside`;
    throw new BottleError("BOTTLE_RUNNING", `${name} runs`, { hint });
  }
  if (state === "lost") {
    await settleLost({ name, record, state, problem: null }, await loadBackend(record.backend), context);
    context.say(`bottle: note: the host process of ${name} is gone; what was left of its cage is removed`);
  } else {
    // What a host process could not undo, its engine being away, would run beside the new cage, in the same workspace.
    await removeLeftovers(name, await loadBackend(record.backend), context);
  }
  const plan = await resumablePlan(name, context.layout);
  const prompt = promptOf(request, record);
  if (prompt === null && context.ask === null && !request.detached) {
    throw new BottleError("USAGE", "an interactive agent needs a terminal on stdin and stdout", {
      hint: `give it a prompt instead: bottle resume ${name} -p "..."`,
    });
  }
  const provider = providerOf(plan);
  const found = await withProgram(plan, provider, context);
  const planNow = withLimit({ ...found, agent: { ...found.agent, headless: prompt !== null, prompt } }, request);
  const running = await launch(planNow, await loadBackend(plan.backend), context, {
    again: true,
    detached: request.detached,
    notify: request.notify === true,
  });
  try {
    const command = await commandFor(running, provider, request);
    const agent = { ...planNow.agent, command };
    return { ...running, plan: { ...planNow, agent } };
  } catch (error) {
    await running.close();
    throw error;
  }
}

/** What the agent is run on. Errors: USAGE for a bottle of which nobody wrote down what it was. */
function promptOf(request: ResumeRequest, record: BottleRecord): string | null {
  if (request.continued !== true) return request.prompt;
  if (record.prompt !== undefined) return record.prompt;
  throw new BottleError("USAGE", `what ${record.name} was last run on was not written down`, {
    hint: `bottle resume ${record.name}, or with -p "..."`,
  });
}

function withLimit(plan: BottlePlan, { maxMinutes }: ResumeRequest): BottlePlan {
  return maxMinutes === undefined ? plan : { ...plan, maxMinutes };
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
  { continued, args }: ResumeRequest,
): Promise<Command> {
  const { resume: ways } = provider;
  const run = {
    binary: plan.agent.binary,
    workspace: plan.workspace.cwd,
    home: GUEST_HOME,
    prompt: plan.agent.prompt ?? null,
    args: args.length > 0 ? args : (plan.agent.args ?? []),
    instructions: plan.agent.instructed === true ? "" : null,
    supervise: plan.supervise,
    hooks: plan.hooks,
  };
  if (ways === undefined) return provider.command(run);
  const asked = await bottle.exec(ways.found(run), { timeoutMs: 10_000, maxBytes: 4096 });
  if (asked.code !== 0) return provider.command(run);
  // The conversation holds the task; to say it once more would begin it anew.
  const prompt = continued === true && run.prompt !== null ? INTERRUPTED : run.prompt;
  return provider.command({ ...run, prompt, again: true });
}
