import type { WorkspaceMode } from "../model/plan.ts";

/** A folder that no agent may get, with the words that say why. */
export interface ProtectedFolder {
  /** Real path. */
  readonly path: string;
  /** E.g. `your home folder`, `bot-bottle's state folder`. */
  readonly what: string;
  /** What is refused besides the folder itself and every folder that contains it: folders inside it too, or not. */
  readonly inside: boolean;
  /** Refused for a bind only: what an agent leaves there would run as the operator, and a private copy does not. */
  readonly only?: "bind";
}

export type ProtectedFolders = readonly ProtectedFolder[];

/**
 * Why `workspace` (a real path) must not be given to an agent, or null (attack row 140). Refused when it is, or
 * contains, a protected folder, and when it lies in one whose inside is protected.
 */
export function refuseWorkspace(workspace: string, folders: ProtectedFolders, mode: WorkspaceMode): string | null {
  for (const folder of folders) {
    if (folder.only !== undefined && folder.only !== mode) continue;
    if (workspace === folder.path) return `${workspace} is ${folder.what}`;
    if (isBelow(folder.path, workspace)) return `${workspace} contains ${folder.what} (${folder.path})`;
    if (folder.inside && isBelow(workspace, folder.path)) return `${workspace} lies in ${folder.what} (${folder.path})`;
  }
  return null;
}

/** True when these real paths name one folder, or one lies in the other. */
export function overlap(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
