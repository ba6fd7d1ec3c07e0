import { lstat, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readTextFile } from "./files.ts";

/** A git repository of the operator, as far as files say it: no git has run in it. All paths are real paths. */
export interface HostRepository {
  /** Top of the work tree. */
  readonly root: string;
  /** HEAD and index lie here (gitrepository-layout(5)): `.git`, or that of a linked work tree. */
  readonly gitDir: string;
  /** Refs, objects and configuration lie here. */
  readonly commonDir: string;
  /** Object folders that it borrows from (objects/info/alternates), followed to the end. */
  readonly alternates: readonly string[];
}

export type RepositoryFinding =
  | { readonly kind: "none" }
  | { readonly kind: "repository"; readonly repository: HostRepository }
  /** `.git` leads somewhere that does not lead back: following it could give an agent another repository. */
  | { readonly kind: "refused"; readonly root: string; readonly why: string };

const MOST_ALTERNATES = 16;

/** The repository that the folder `from` (a real path) lies in, searched upwards as git does. Reads a few small files and runs nothing (attack row 145). */
export async function findRepository(from: string): Promise<RepositoryFinding> {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await repositoryAt(folder);
    if (found.kind !== "none") return found;
    if (folder === dirname(folder)) return found;
  }
}

/** The repository whose work tree has its top at `root`, a real path. */
export async function repositoryAt(root: string): Promise<RepositoryFinding> {
  const dotGit = join(root, ".git");
  const refused = (why: string) => ({ kind: "refused", root, why }) as const;
  const stat = await lstat(dotGit).catch(() => null);
  if (stat === null) return { kind: "none" };
  if (stat.isSymbolicLink()) return refused(`${dotGit} is a link`);
  if (stat.isDirectory()) return described(root, dotGit, dotGit);
  const gitDir = await pointedTo(dotGit, root);
  if (gitDir === null) return refused(`${dotGit} leads to no repository`);
  const common = await readTextFile(join(gitDir, "commondir"));
  if (common.kind !== "text") {
    if (await isSubmodule(root, gitDir)) return described(root, gitDir, gitDir);
    return refused(`${dotGit} leads to ${gitDir}, which is neither a work tree's nor a submodule's`);
  }
  const commonDir = await real(resolve(gitDir, common.text.trimEnd()));
  const back = await readTextFile(join(gitDir, "gitdir"));
  const leadsBack = back.kind === "text" && (await real(resolve(gitDir, back.text.trimEnd()))) === dotGit;
  if (commonDir === null || dirname(gitDir) !== join(commonDir, "worktrees") || !leadsBack) {
    return refused(`${dotGit} leads to ${gitDir}, which does not lead back`);
  }
  return described(root, gitDir, commonDir);
}

async function described(root: string, gitDir: string, commonDir: string): Promise<RepositoryFinding> {
  const objects = join(commonDir, "objects");
  const stat = await lstat(objects).catch(() => null);
  if (stat?.isSymbolicLink()) return { kind: "refused", root, why: `${objects} is a link` };
  const whole = stat?.isDirectory() === true && (await lstat(join(gitDir, "HEAD")).catch(() => null)) !== null;
  // As git: a folder called .git that is no repository counts for nothing.
  if (!whole) return { kind: "none" };
  return { kind: "repository", repository: { root, gitDir, commonDir, alternates: await alternatesOf(objects) } };
}

/** Where a `.git` file (`gitdir: PATH`) leads; null: nowhere. */
async function pointedTo(dotGit: string, root: string): Promise<string | null> {
  const file = await readTextFile(dotGit, { followLinks: false });
  const path = file.kind === "text" ? /^gitdir: (.+?)\n*$/s.exec(file.text)?.[1] : undefined;
  if (path === undefined) return null;
  const gitDir = await real(resolve(root, path));
  return gitDir !== null && (await isFolder(gitDir)) ? gitDir : null;
}

/** Does `gitDir` lie among the modules of a repository around `root`? */
async function isSubmodule(root: string, gitDir: string): Promise<boolean> {
  if (root === dirname(root)) return false;
  const around = await findRepository(dirname(root));
  if (around.kind !== "repository") return false;
  const { repository } = around;
  return [repository.commonDir, repository.gitDir].some((folder) => gitDir.startsWith(`${join(folder, "modules")}/`));
}

/** What cannot be reached is left out, as git leaves it out. */
async function alternatesOf(objects: string): Promise<readonly string[]> {
  const found: string[] = [];
  const open = [objects];
  for (let folder = open.shift(); folder !== undefined; folder = open.shift()) {
    const file = await readTextFile(join(folder, "info", "alternates"));
    if (file.kind !== "text") continue;
    for (const line of file.text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const path = await real(resolve(folder, line));
      if (path === null || path === objects || found.includes(path) || !(await isFolder(path))) continue;
      if (found.length === MOST_ALTERNATES) return found;
      found.push(path);
      open.push(path);
    }
  }
  return found;
}

function real(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}
