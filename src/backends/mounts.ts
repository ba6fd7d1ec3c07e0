import { lstatSync, realpathSync } from "node:fs";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { GUEST, refusedGuest } from "./guest.ts";

/** Real path of what is shown as the workspace: the bound folder, or the bottle's own `copy`. Throws CREATE_FAILED. */
export function hostWorkspace(plan: BottlePlan, copy: string): string {
  const path = plan.workspace.mode === "bind" ? plan.workspace.host : copy;
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new BottleError("CREATE_FAILED", `the workspace ${path} cannot be reached`, { cause });
  }
}

/** Real path of a planned mount, so that no link is followed later. Throws PLAN_INVALID. */
export function realMount(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new BottleError("PLAN_INVALID", `${path} is to be shown in the bottle and does not exist`, { cause });
  }
}

/**
 * Throws PLAN_INVALID for a mount point below a folder that the agent writes: it would be made through the agent's links
 * (CVE-2026-87766).
 */
export function checkGuests(plan: BottlePlan): void {
  const writable = [GUEST.home, plan.workspace.guest];
  const refused = (guest: string, why: string | null) => {
    if (why !== null) throw new BottleError("PLAN_INVALID", `nothing can be mounted at ${guest}: ${why}`);
  };
  refused(plan.workspace.guest, refusedGuest(plan.workspace.guest, [GUEST.home], true));
  for (const { guest } of plan.mounts) refused(guest, refusedGuest(guest, writable));
}

/** The real path of a folder, itself no link. Errors: STATE_UNUSABLE. */
export function realFolder(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new BottleError("STATE_UNUSABLE", `${path} is not a folder`);
  }
  return realpathSync(path);
}
