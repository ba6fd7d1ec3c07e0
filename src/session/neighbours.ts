import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { overlap } from "../core/plan/workspace-refusals.ts";
import type { Layout } from "../state/layout.ts";
import { listBottles } from "../state/records.ts";

const LIVE = ["creating", "running"];

/**
 * Two running bottles never bind one folder, or folders one of which lies in the other: their agents would meet there
 * (attack row 140). Where the kernel enforces no limits, one bottle runs at a time unless the operator says otherwise
 * (attack row 154). To be called once the own record is on disk: of two starts at one moment, one at least sees the
 * other. Errors: WORKSPACE_REFUSED, HOST_UNFIT.
 */
export async function checkNeighbours(plan: BottlePlan, layout: Layout): Promise<void> {
  const binds = plan.workspace.mode === "bind";
  if (!binds && !plan.alone) return;
  for (const { name, record, state } of await listBottles(layout)) {
    if (record === null || name === plan.name || !LIVE.includes(state)) continue;
    if (plan.alone) {
      throw new BottleError("HOST_UNFIT", `${name} runs, and without control groups only one bottle may`, {
        hint: "--without-cgroup starts it all the same; bottle doctor says how to get control groups",
      });
    }
    if (binds && record.workspace.mode === "bind" && overlap(record.workspace.host, plan.workspace.host)) {
      throw new BottleError("WORKSPACE_REFUSED", `${name}, which runs, is bound to ${record.workspace.host}`, {
        hint: `bottle stop ${name}, or leave --workspace bind out to work on a private copy`,
      });
    }
  }
}
