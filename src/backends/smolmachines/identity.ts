import { chownSync, lstatSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { BottlePlan } from "../../core/model/plan.ts";
import { GUEST } from "../guest.ts";

/**
 * Throws HOST_UNFIT where files of the agent could not be the agent's: a machine shows folders with the ids that they have
 * on the host, and only root may give them to another one.
 */
export function checkIds(facts: HostFacts): void {
  if (facts.uid === 0 || facts.uid === GUEST.uid) return;
  throw new BottleError("HOST_UNFIT", `smolvm shows folders with the host's ids, and you are uid ${facts.uid}`, {
    hint: `be uid ${GUEST.uid} or root, or use another backend`,
  });
}

/** Throws WORKSPACE_REFUSED for a bound folder that the agent could not write, or that is root's (attack row 146). */
export function checkBound({ workspace }: BottlePlan): void {
  if (workspace.mode !== "bind") return;
  const { uid } = lstatSync(workspace.host);
  if (uid === GUEST.uid) return;
  throw new BottleError(
    "WORKSPACE_REFUSED",
    `${workspace.host} cannot be bound into a machine: it belongs to uid ${uid}`,
    {
      hint: `the agent is uid ${GUEST.uid} there: use a workspace clone or copy`,
    },
  );
}

/** Gives folders of the bottle, still empty or the agent's already, to the agent. Throws STATE_UNUSABLE. */
export function giveFolders(folders: readonly string[], facts: HostFacts): void {
  for (const folder of folders) {
    if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new BottleError("STATE_UNUSABLE", `${folder} is not a folder`);
    }
    if (facts.uid === 0) chownSync(folder, GUEST.uid, GUEST.uid);
  }
}
