import type { BottleDefinition } from "../model/definition.ts";
import type { Mount } from "../model/plan.ts";
import type { FoundTools } from "../model/toolchain.ts";
import { planCaches } from "./caches.ts";
import { GUEST_HOME } from "./guest.ts";
import { searchPath } from "./run-files.ts";
import { planTools } from "./tools.ts";
import type { ProtectedFolders } from "./workspace-refusals.ts";

/** What this host has of a bottle's `tools` and `caches`: `host/toolchains`. */
export interface FoundEquipment {
  readonly tools: FoundTools;
  readonly caches: FoundTools[string];
}

/** Of a bottle that names neither. */
export const NO_EQUIPMENT: FoundEquipment = { tools: {}, caches: {} };

export interface EquipmentInputs {
  readonly bottle: Pick<BottleDefinition, "tools" | "caches">;
  readonly found: FoundEquipment;
  readonly protectedFolders: ProtectedFolders;
  /** Real path of the workspace on the host. */
  readonly workspace: string;
  /** Guest folders in which the agent writes. */
  readonly writable: readonly string[];
}

export interface PlannedEquipment {
  readonly mounts: readonly Mount[];
  /** With PATH, when there is something to put on it. */
  readonly env: Readonly<Record<string, string>>;
  readonly risks: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Toolchains and caches of the host in a bottle: read-only mounts, and the variables through which programs find them.
 * Nothing of the workspace is one: what an agent wrote there by `bind` could become a link to anywhere after it was judged.
 */
export function planEquipment(inputs: EquipmentInputs): PlannedEquipment {
  const { bottle, found, writable, workspace } = inputs;
  const own = { path: workspace, what: "the workspace, which an agent may change", inside: true };
  const protectedFolders = [own, ...inputs.protectedFolders];
  const tools = planTools({ definitions: bottle.tools ?? [], found: found.tools, protectedFolders, writable });
  const caches = planCaches(bottle.caches ?? {}, found.caches);
  const path = tools.bin.length === 0 ? {} : { PATH: searchPath(GUEST_HOME, tools.bin) };
  return {
    mounts: [...tools.mounts, ...caches.mounts],
    env: { ...tools.env, ...caches.env, ...path },
    risks: caches.risks,
    problems: [...tools.problems, ...caches.problems],
  };
}
