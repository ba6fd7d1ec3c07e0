import { chownSync, lstatSync, realpathSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { WorkspaceMode } from "../../core/model/plan.ts";
import type { CageMode } from "./cage-arguments.ts";

/** Kernel uid and gid of agents in bottles that root starts where nobody else's uid fits; no account has it by default. */
export const RESERVED_ID = 64_123;

export interface AgentIds {
  readonly mode: CageMode;
  readonly uid: number;
  readonly gid: number;
}

export interface IdFolders {
  readonly home: string;
  /** What is bound, cloned or copied. */
  readonly workspace: { readonly mode: WorkspaceMode; readonly host: string };
}

/**
 * Which kernel ids the agent gets. An ordinary user's own; under root those of an earlier run of this bottle, else of
 * the workspace's owner, else the reserved ones. Never 0: rejects with WORKSPACE_REFUSED when root's own folder is to
 * be bound (attack row 146).
 */
export function agentIds(facts: HostFacts, folders: IdFolders): AgentIds {
  if (facts.uid !== 0) return { mode: "user", uid: facts.uid, gid: facts.gid };
  const owner = ownerOf(folders.workspace.host);
  if (folders.workspace.mode === "bind") {
    if (owner === null || owner.uid === 0) {
      throw new BottleError("WORKSPACE_REFUSED", `${folders.workspace.host} belongs to root and cannot be bound`, {
        hint: "use a workspace copy, start as an ordinary user, or give the folder to one",
      });
    }
    return { mode: "root", ...owner };
  }
  const earlier = ownerOf(folders.home);
  for (const candidate of [earlier, owner]) {
    if (candidate !== null && candidate.uid !== 0) return { mode: "root", ...candidate };
  }
  return { mode: "root", uid: RESERVED_ID, gid: RESERVED_ID };
}

/** Owner of a folder; a root group becomes the group with the owner's number. Null when there is no such folder. */
export function ownerOf(folder: string): { uid: number; gid: number } | null {
  try {
    const stat = lstatSync(realpathSync(folder));
    return { uid: stat.uid, gid: stat.gid === 0 ? stat.uid : stat.gid };
  } catch {
    return null;
  }
}

/** Gives a folder of the bottle, still empty or the agent's already, to the agent. Under root only. */
export function giveFolder(folder: string, ids: AgentIds): void {
  if (ids.mode === "user") return;
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new BottleError("STATE_UNUSABLE", `${folder} is not a folder`);
  chownSync(folder, ids.uid, ids.gid);
}
