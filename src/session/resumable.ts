import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { readBase } from "../state/base-file.ts";
import { bottlePaths, type Layout } from "../state/layout.ts";
import { readPlan } from "../state/plan-file.ts";
import { refuseSettled } from "../state/settled.ts";

/**
 * The plan of an ended bottle with which its agent can run again: whole, with its workspace complete, and not half
 * removed. Errors: WORK_NONE, STATE_UNUSABLE, BOTTLE_NOT_FOUND.
 */
export async function resumablePlan(name: string, layout: Layout): Promise<BottlePlan> {
  const paths = bottlePaths(layout, name);
  await refuseSettled(name, paths);
  const plan = await readPlan(layout, name);
  const whole = plan.workspace.mode === "bind" || (await readBase(paths.base)) !== null;
  if (whole) return plan;
  throw new BottleError("BOTTLE_NOT_FOUND", `${name} ended before its workspace was complete`, {
    hint: `start a new one, and bottle rm ${name}`,
  });
}
