import { BottleError } from "../../core/model/errors.ts";
import type { RawPath, TreeEntry } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import { sameEntry } from "../../core/wire/tree-changes.ts";
import { pathText } from "../../core/work/raw-path.ts";
import { complaint } from "../../host/git.ts";
import { type IndexEntries, readIndex } from "./own-index.ts";
import type { OwnRepository } from "./own-repository.ts";
import type { Quarantine } from "./quarantine.ts";
import { indexLines, treeDiff, treeWith, zeroId } from "./trees.ts";
import { aside, compareWorkTree } from "./work-tree.ts";

/** What shall be where after the work has landed; all trees. */
export interface LandingTrees {
  /** Of the operator's HEAD. */
  readonly head: string;
  /** With which the agent began, the operator's uncommitted changes of then included. */
  readonly snapshot: string;
  /** The agent's files as they are. */
  readonly work: string;
  /** The agent's files as they landed before; the snapshot's when none did. */
  readonly prior: string;
  /** Of the commit that HEAD shall be; `head` when nothing is committed. */
  readonly next: string;
  /** For files that the operator has not changed: `next` with what the agent had not committed. */
  readonly target: string;
  /** Paths that did not merge in `target`. */
  readonly conflicts: readonly RawPath[];
}

/** Checked: nothing stands in the way. */
export interface Landing {
  readonly own: OwnRepository;
  readonly quarantine: Quarantine;
  /** Scratch index that is the work tree as it is, and what it shall be; null: it is that already. */
  readonly write: { readonly index: string; readonly from: string; readonly to: string } | null;
  /** Entries of the operator's index that change. */
  readonly staged: ReadonlyMap<RawPath, TreeEntry | null>;
  /** Of these, files that a sparse checkout leaves out. */
  readonly sparse: readonly RawPath[];
  /** Files of the work tree that are written or go. */
  readonly files: readonly RawPath[];
}

type Side = "head" | "snapshot" | "prior" | "work" | "next" | "target";

/** Entries of trees that differ from HEAD's, so that one look answers for any path that matters. */
interface Sides {
  readonly paths: readonly RawPath[];
  at(side: Side, path: RawPath): TreeEntry | null;
}

async function sidesOf({ git }: Quarantine, trees: LandingTrees): Promise<Sides> {
  const head = new Map<RawPath, TreeEntry | null>();
  const sides: Record<string, Map<RawPath, TreeEntry | null>> = {};
  for (const side of ["snapshot", "prior", "work", "next", "target"] as const) {
    const map = new Map<RawPath, TreeEntry | null>();
    for (const { path, before, after } of await treeDiff(git, trees.head, trees[side])) {
      head.set(path, before);
      map.set(path, after);
    }
    sides[side] = map;
  }
  const at: Sides["at"] = (side, path) => {
    const map = sides[side];
    return map?.has(path) ? (map.get(path) ?? null) : (head.get(path) ?? null);
  };
  const touched = (path: RawPath) =>
    !sameEntry(at("head", path), at("target", path)) ||
    !sameEntry(at("head", path), at("next", path)) ||
    !sameEntry(at("snapshot", path), at("work", path)) ||
    !sameEntry(at("prior", path), at("work", path));
  return { paths: [...head.keys()].filter(touched).sort(), at };
}

/**
 * Looks whether the work can land in the operator's work tree, and changes nothing. A file may be written when it is
 * as in HEAD; or still exactly as the agent got it, or as its work landed before, and then becomes the agent's version;
 * or what it shall become already.
 * Errors: WORK_BLOCKED for a file with other changes, WORK_CONFLICT for one that does not merge; both name it.
 */
export async function planLanding(own: OwnRepository, quarantine: Quarantine, trees: LandingTrees): Promise<Landing> {
  const { paths, at } = await sidesOf(quarantine, trees);
  const index = await readIndex(own);
  const plan = new Map<RawPath, { readonly now: TreeEntry | null; readonly next: TreeEntry | null }>();
  const conflicts = new Set(trees.conflicts);
  // What a sparse checkout leaves out stays out, unless the agent left a change in it uncommitted.
  const sparse = paths.filter((path) => index.sparse.has(path) && sameEntry(at("next", path), at("target", path)));
  const hidden = new Set(sparse);
  let open: readonly RawPath[] = paths.filter((path) => !hidden.has(path));
  const settle = async (
    candidate: (path: RawPath) => TreeEntry | null,
    next: (path: RawPath) => TreeEntry | null,
    fits: (path: RawPath) => boolean,
  ) => {
    const some = open.filter(fits);
    const { differing } = await compareWorkTree(own, quarantine, new Map(some.map((path) => [path, candidate(path)])));
    const settled = new Set(some.filter((path) => !differing.has(path)));
    for (const path of settled) plan.set(path, { now: candidate(path), next: next(path) });
    open = open.filter((path) => !settled.has(path));
  };
  const side = (name: Side) => (path: RawPath) => at(name, path);
  const absent = (path: RawPath) => index.sparse.has(path);
  await settle(() => null, side("target"), absent);
  const ours = (path: RawPath) =>
    !sameEntry(at("snapshot", path), at("head", path)) || !sameEntry(at("prior", path), at("head", path));
  await settle(side("head"), side("target"), (path) => !conflicts.has(path));
  await settle(side("snapshot"), side("work"), ours);
  await settle(side("prior"), side("work"), ours);
  await settle(side("target"), side("target"), (path) => !conflicts.has(path));
  await settle(side("work"), side("work"), ours);
  const clashing = open.filter((path) => conflicts.has(path));
  const dirty = open.filter((path) => !conflicts.has(path));
  if (dirty.length > 0) throw blocked("local changes in files that the work would write", dirty);
  if (clashing.length > 0) throw conflict(clashing);
  const staged = stagedChanges(paths, at, index);
  const writes = [...plan].filter(([, { now, next }]) => !sameEntry(now, next));
  const files = writes.map(([path]) => path);
  if (writes.length === 0) return { own, quarantine, write: null, staged, sparse, files };
  const now = new Map(writes.map(([path, entry]) => [path, entry.now]));
  const { index: scratch } = await compareWorkTree(own, quarantine, now);
  const from = await treeWith(quarantine, null, now);
  const to = await treeWith(quarantine, null, new Map(writes.map(([path, entry]) => [path, entry.next])));
  return { own, quarantine, write: { index: scratch, from, to }, staged, sparse, files };
}

function stagedChanges(
  paths: readonly RawPath[],
  at: Sides["at"],
  index: IndexEntries,
): ReadonlyMap<RawPath, TreeEntry | null> {
  const staged = new Map<RawPath, TreeEntry | null>();
  const taken: RawPath[] = [];
  for (const path of paths) {
    const [head, next, now] = [at("head", path), at("next", path), index.entries.get(path) ?? null];
    if (index.unmerged.has(path)) taken.push(path);
    else if (sameEntry(head, next) || sameEntry(now, next)) continue;
    else if (sameEntry(now, head)) staged.set(path, next);
    else taken.push(path);
  }
  if (taken.length > 0) throw blocked("staged changes in files that the work would change", taken);
  return staged;
}

/**
 * Does it: work tree, index, HEAD, in git's own order. Killed at any moment, the same call made again goes on, since
 * what is written already is as it shall be. Errors: WORK_BLOCKED when the work tree changed in the meantime, GIT_FAILED.
 */
export async function land(landing: Landing, next: string | null, message: string): Promise<void> {
  const { own, quarantine, write, staged, sparse } = landing;
  if (write !== null) {
    const env = aside(quarantine, write.index);
    // Git looks at each file once more, and writes all or none.
    const args = ["-c", "core.sparseCheckout=false", "read-tree", "-m", "-u", "--no-recurse-submodules"];
    const result = await own.git.attempt([...args, write.from, write.to], { env });
    if (result.code !== 0) {
      throw new BottleError("WORK_BLOCKED", `git would not write the work tree: ${complaint(result.stderr)}`, {
        hint: "commit, stash or move away what it names, then try again",
      });
    }
  }
  if (staged.size > 0) {
    const stdin = indexLines(staged, zeroId(quarantine.base.objectFormat));
    await own.git.run(["update-index", "-z", "--index-info"], { stdin });
    const hidden = sparse.filter((path) => staged.get(path) != null);
    if (hidden.length > 0) {
      const names = Buffer.from(hidden.map((path) => `${path}\0`).join(""), "latin1");
      await own.git.run(["update-index", "-z", "--skip-worktree", "--stdin"], { stdin: names });
    }
  }
  if (next !== null && next !== own.head) {
    const before = own.head ?? zeroId(quarantine.base.objectFormat);
    await own.git.run(["update-ref", "-m", message, "HEAD", next, before]);
  }
  await own.git.attempt(["update-index", "-q", "--refresh"]);
}

function list(paths: readonly RawPath[]): string {
  const some = paths.slice(0, 20).map((path) => `\n  ${printable(pathText(path), 200)}`);
  return `${some.join("")}${paths.length > 20 ? `\n  and ${paths.length - 20} more` : ""}`;
}

function blocked(what: string, paths: readonly RawPath[]): BottleError {
  return new BottleError("WORK_BLOCKED", `${what}; nothing was changed:${list(paths)}`, {
    hint: "commit or stash them, then try again; --branch B needs no work tree",
  });
}

/** Files that do not merge; nothing was changed. */
export function conflict(paths: readonly RawPath[]): BottleError {
  return new BottleError(
    "WORK_CONFLICT",
    `the work does not merge with what you have; nothing was changed:${list(paths)}`,
    {
      hint: "--branch B puts it on a branch of its own; git merge B then leaves the conflicts for you",
    },
  );
}
