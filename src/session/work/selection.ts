import { BottleError } from "../../core/model/errors.ts";
import type { TreeChange } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import type { BottleWork } from "./imported-work.ts";
import type { ImportedWork } from "./quarantine.ts";
import { newCommits, treeOf } from "./replay.ts";
import { commitDiffs, treeDiff, treeWith } from "./trees.ts";

/** The work of one repository, and what it comes to. */
export interface Work extends ImportedWork {
  /** The agent's commits, oldest first; the snapshot is none of them. */
  readonly commits: readonly string[];
  readonly trees: { readonly snapshot: string; readonly head: string; readonly work: string };
  /** From snapshot to work. */
  readonly changes: readonly TreeChange[];
}

/**
 * What is to be shown or applied: all repositories as they are, or with `from` the top one as another of its refs has
 * it. Errors: WORK_NONE when there is no such ref.
 */
export async function selectWork(all: BottleWork, from: string | null): Promise<readonly Work[]> {
  const [top, ...others] = all.repositories;
  if (top === undefined) throw new BottleError("INVARIANT", "a bottle without a repository");
  if (from === null) return Promise.all([top, ...others].map(workOf));
  const ref = top.refs.find(({ name }) =>
    [from, `refs/heads/${from}`, `refs/tags/${from}`, `refs/${from}`].includes(name),
  );
  if (ref === undefined) {
    const names = top.refs.map(({ name }) => printable(name, 100)).join(", ");
    throw new BottleError("WORK_NONE", `the bottle has no work under ${printable(from, 100)}`, {
      hint: names === "" ? "it has no branch or tag with work besides its HEAD" : `there are: ${names}`,
    });
  }
  return [await workOf({ ...top, head: ref.id, work: ref.id, branch: ref.name })];
}

async function workOf(imported: ImportedWork): Promise<Work> {
  const { quarantine, base, head, work } = imported;
  const { git } = quarantine;
  const commits = head === null ? [] : (await newCommits(git, head, quarantine.known)).map(([id = ""]) => id);
  const trees = {
    snapshot: await treeOf(git, base.snapshot),
    head: await treeOf(git, head ?? base.snapshot),
    work: await treeOf(git, work),
  };
  return { ...imported, commits, trees, changes: await treeDiff(git, trees.snapshot, trees.work) };
}

/** Is there anything in it that the base does not have? */
export function hasWork({ commits, changes }: Work): boolean {
  return commits.length > 0 || changes.length > 0;
}

/** Every change that lands with it: of each commit when commits land, and of the whole. Errors: GIT_FAILED. */
export async function landingChanges(work: Work, withCommits: boolean): Promise<readonly TreeChange[]> {
  const { git } = work.quarantine;
  return withCommits ? [...work.changes, ...(await commitDiffs(git, work.commits))] : work.changes;
}

/** The work with only some of its changes; no commit is left of it then. Errors: GIT_FAILED. */
export async function reduceWork(work: Work, changes: readonly TreeChange[]): Promise<Work> {
  const { snapshot } = work.trees;
  const tree = await treeWith(
    work.quarantine,
    snapshot,
    changes.map(({ path, after }) => [path, after] as const),
  );
  return { ...work, commits: [], trees: { snapshot, head: snapshot, work: tree }, changes };
}
