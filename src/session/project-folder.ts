import { findRepository, type RepositoryFinding } from "../host/repository.ts";

/**
 * Where the file of the project lies that the folder `workspace` (a real path) belongs to: at the top of its repository,
 * else in the folder itself. A repository around the home folder (dotfiles) is nobody's project.
 */
export async function projectFolder(workspace: string, home: string): Promise<string> {
  return topOf(workspace, await findRepository(workspace), home);
}

/** As `projectFolder`, where the repository is known. */
export function topOf(workspace: string, found: RepositoryFinding, home: string): string {
  if (found.kind !== "repository") return workspace;
  const { root } = found.repository;
  return home === root || home.startsWith(`${root}/`) ? workspace : root;
}
