import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { nearest } from "../core/plan/nearest.ts";
import { prepare } from "../session/prepare.ts";
import { readPlan } from "../state/plan-file.ts";
import { findBottle, listBottles } from "../state/records.ts";
import { printPlan } from "./print-plan.ts";
import { sessionContext } from "./session-context.ts";
import { startRequest } from "./start.ts";
import type { VerbRun } from "./verb.ts";

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
      printPlan(await readPlan(context.layout, name), input, io);
      return 0;
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
  printPlan(planned, input, io);
  return 0;
};
