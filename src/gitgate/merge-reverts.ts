import type { RefUpdate } from "../core/model/git-gate.ts";
import type { Git } from "../host/git.ts";

const MAX_BYTES = 256 << 20;

/** Merges that are looked at closely; of more each path counts as taken back. */
const MOST_MERGES = 1000;

/**
 * Protected paths that a new merge takes back to where its sides parted, although one side has changed them: no commit
 * changes such a path, so that `changedPaths` does not tell it. Latin-1, with the merge. Errors: GIT_FAILED.
 */
export async function mergeReverts(
  git: Git,
  updates: readonly RefUpdate[],
  isProtected: (path: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const stdin = Buffer.from(updates.map(({ to }) => `${to}\n`).join(""));
  const args = ["rev-list", "--merges", "--stdin", "--not", "--all"];
  const merges = await git.run(args, { stdin, maxBytes: MAX_BYTES });
  const reverted = new Map<string, string>();
  let count = 0;
  for (const [merge, all] of await differing(git, merges)) {
    const paths = [...all].filter(isProtected);
    if (paths.length === 0) continue;
    count += 1;
    for (const path of count > MOST_MERGES ? paths : await takenBack(git, merge, paths)) {
      if (!reverted.has(path)) reverted.set(path, merge);
    }
  }
  return reverted;
}

/** Paths in which each merge is not what one of its parents is. */
async function differing(git: Git, merges: Buffer): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const args = ["diff-tree", "--stdin", "-r", "-m", "--name-only", "-z", "--no-renames", "--no-ext-diff"];
  const said = await git.run(args, { stdin: merges, maxBytes: MAX_BYTES });
  const found = new Map<string, Set<string>>();
  let paths = new Set<string>();
  for (const piece of said.toString("latin1").split("\0")) {
    // As in `changedPaths`.
    const [, id, rest] = /^([0-9a-f]{40}|[0-9a-f]{64})(?:\n(.*))?$/s.exec(piece) ?? [];
    if (id !== undefined) {
      paths = found.get(id) ?? new Set();
      found.set(id, paths);
    }
    const path = id === undefined ? piece : (rest ?? "");
    if (path !== "") paths.add(path);
  }
  return found;
}

async function takenBack(git: Git, merge: string, paths: readonly string[]): Promise<readonly string[]> {
  const [, ...parents] = (await git.line(["rev-list", "--parents", "--no-walk", merge])).split(" ");
  const said = await git.attempt(["merge-base", "--all", "--octopus", ...parents]);
  const bases = said.stdout.toString("latin1").split("\n").filter(Boolean);
  const [merged = new Map(), ...others] = await Promise.all([merge, ...parents, ...bases].map((id) => tree(git, id)));
  const sides = others.slice(0, parents.length);
  // Sides that have nothing in common parted where nothing was.
  const parted = bases.length === 0 ? [new Map<string, string>()] : others.slice(parents.length);
  return paths.filter((path) => {
    const now = merged.get(path);
    return parted.some((base) => base.get(path) === now) && sides.some((side) => side.get(path) !== now);
  });
}

/** Mode and id of each file of a commit. */
async function tree(git: Git, commit: string): Promise<ReadonlyMap<string, string>> {
  const said = await git.run(["ls-tree", "-r", "-z", "--full-tree", commit], { maxBytes: MAX_BYTES });
  const files = new Map<string, string>();
  for (const entry of said.toString("latin1").split("\0")) {
    const tab = entry.indexOf("\t");
    if (tab > 0) files.set(entry.slice(tab + 1), entry.slice(0, tab));
  }
  return files;
}
