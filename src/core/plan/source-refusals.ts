import { type ProtectedFolders, refuseWorkspace } from "./workspace-refusals.ts";

/** From where a skill, a prompt or a setting may come. */
export interface SourceBounds {
  readonly protectedFolders: ProtectedFolders;
  /** Protected folders whose inside may be brought in all the same: the manifest's own, the agent's own skills. */
  readonly allowed: readonly string[];
  /** A project's file names nothing outside this real path; null: the operator's file. */
  readonly project: string | null;
}

/**
 * Why `source`, a real path, must not be copied into a bottle, in half a sentence; null: it may. An operator's source
 * is refused where a workspace would be (attack row 140), a project's everywhere outside of it (attack row 141).
 */
export function refuseSource(source: string, bounds: SourceBounds): string | null {
  const { project } = bounds;
  if (project !== null) return isBelow(source, project) ? null : `lies outside the project (${project})`;
  if (bounds.allowed.some((folder) => isBelow(source, folder))) return null;
  return refuseWorkspace(source, bounds.protectedFolders, "copy");
}

/** True when `path` lies in `folder`; both are real paths. */
function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
