import { chownSync, lstatSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { BottlePlan } from "../../core/model/plan.ts";
import { GUEST } from "../guest.ts";
import type { EngineFacts } from "./engine-facts.ts";

/** Throws WORKSPACE_REFUSED for a bound folder that the agent could not write, or that is root's (attack row 146). */
export function checkBound({ workspace }: BottlePlan, engine: EngineFacts): void {
  if (workspace.mode !== "bind") return;
  const { uid } = lstatSync(workspace.host);
  if (uid === GUEST.uid && !engine.rootless) return;
  const why = engine.rootless ? "an engine without root gives it to another id" : `it belongs to uid ${uid}`;
  throw new BottleError("WORKSPACE_REFUSED", `${workspace.host} cannot be bound into a container: ${why}`, {
    hint: `the agent is uid ${GUEST.uid} there: use a workspace clone or copy, or the bubblewrap backend`,
  });
}

/** Can this process itself give a folder to the agent's kernel uid, or has it that uid already? */
export function givesItself(facts: HostFacts, engine: EngineFacts): "chown" | "own" | null {
  if (engine.rootless) return null;
  if (facts.uid === 0) return "chown";
  return facts.uid === GUEST.uid && facts.gid === GUEST.uid ? "own" : null;
}

/** Gives folders of the bottle, still empty or the agent's already, to the agent. Under root only. */
export function chownFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    if (!lstatSync(folder).isDirectory()) throw new BottleError("STATE_UNUSABLE", `${folder} is not a folder`);
    chownSync(folder, GUEST.uid, GUEST.uid);
  }
}
