import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { overlap } from "../core/plan/workspace-refusals.ts";
import type { Layout } from "../state/layout.ts";
import { listBottles } from "../state/records.ts";
import { stateOf } from "./reconcile.ts";

const LIVE = ["creating", "running", "closing"];

/**
 * Two running bottles never bind one folder, or folders one of which lies in the other: their agents would meet there
 * (attack row 140). To be called once the own record is on disk: of two starts at one moment, one at least sees the
 * other. Throws WORKSPACE_REFUSED.
 */
export async function refuseSharedBind(plan: BottlePlan, layout: Layout): Promise<void> {
  if (plan.workspace.mode !== "bind") return;
  for (const { name, record } of await listBottles(layout)) {
    if (name === plan.name || record?.workspace.mode !== "bind" || !LIVE.includes(stateOf(record))) continue;
    if (!overlap(record.workspace.host, plan.workspace.host)) continue;
    throw new BottleError("WORKSPACE_REFUSED", `${name}, which runs, is bound to ${record.workspace.host}`, {
      hint: `bottle stop ${name}, or leave --workspace bind out to work on a private copy`,
    });
  }
}
