import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** True when `path` is `folder` or lies below it. Both absolute and normal. */
export const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

/**
 * Why a program at `path` belongs to one of the projects (or to their node_modules, those of parent folders included,
 * which `npm run` puts on PATH); null: it does not. A folder that holds the whole home, such as `/`, is no project.
 */
export function projectProblem(path: string, projects: readonly string[], home: string): string | null {
  for (const project of projects) {
    if (!within(home, project) && within(path, project)) return `lies in the project ${project}`;
    for (let folder = project; ; folder = dirname(folder)) {
      const modules = join(folder, "node_modules");
      if (within(path, modules)) return `lies in the project's ${modules}`;
      if (folder === dirname(folder)) break;
    }
  }
  return null;
}

/** Why a file could have been put there by somebody else; null: only root or this user can write it. */
export async function ownerProblem(path: string, uid: number): Promise<string | null> {
  const file = await stat(path).catch(() => null);
  if (file === null) return "cannot be read";
  if (!file.isFile()) return "is not a regular file";
  if (file.uid !== 0 && file.uid !== uid) return `belongs to user ${file.uid}, neither root nor you`;
  return (file.mode & 0o002) === 0 ? null : "can be written by everybody";
}
