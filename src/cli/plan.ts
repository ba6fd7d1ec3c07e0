import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { isName } from "../core/model/ids.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { nearest } from "../core/plan/nearest.ts";
import { prepare } from "../session/prepare.ts";
import { readPlan } from "../state/plan-file.ts";
import { findBottle, listBottles } from "../state/records.ts";
import type { Io } from "./io.ts";
import { printPlan } from "./print-plan.ts";
import { sessionContext } from "./session-context.ts";
import { startRequest } from "./start-words.ts";
import { text, type VerbInput, type VerbRun } from "./verb.ts";

/**
 * `bottle plan`: with nothing but the name of a bottle the plan it was started with, else what `bottle start` with the
 * same words would do. Creates nothing.
 */
export const plan: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name = "", ...more] = input.positionals;
  const options = Object.keys(input.options).filter((option) => option !== "format");
  if (more.length === 0 && options.length === 0 && input.rest.length === 0 && isName(name)) {
    if ((await findBottle(context.layout, name)) !== null) {
      return show(await readPlan(context.layout, name), input, io, context.facts);
    }
  }
  const request = { ...startRequest(input, io), dryRun: true };
  const { plan: planned } = await prepare(request, context).catch(async (error: unknown) => {
    if (!(error instanceof BottleError) || error.code !== "AGENT_UNKNOWN") throw error;
    const meant = nearest(
      name,
      (await listBottles(context.layout)).map((bottle) => bottle.name),
    );
    const bottles =
      meant === null ? "bottle ls lists bottles" : `did you mean the bottle ${meant}? bottle ls lists them`;
    throw new BottleError(error.code, `neither a bottle nor an agent is called ${name}`, {
      hint: [bottles, error.hint].filter((part) => part !== undefined).join("; "),
    });
  });
  return show(planned, input, io, context.facts);
};

async function show(plan: BottlePlan, input: VerbInput, io: Io, facts: HostFacts): Promise<number> {
  if (text(input, "format") !== "compose") {
    printPlan(plan, input, io);
    return 0;
  }
  const backend = await loadBackend(plan.backend);
  if (backend.compose === undefined) {
    throw new BottleError("PLAN_INVALID", `a bottle of backend ${plan.backend} cannot be said as a Compose file`, {
      hint: "name a backend that makes containers with --backend",
    });
  }
  io.out(await backend.compose(plan, facts));
  return 0;
}
