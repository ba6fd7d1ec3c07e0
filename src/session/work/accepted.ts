import type { RawPath, TreeChange, TreeEntry } from "../../core/model/work.ts";
import type { AppliedWork } from "../../state/work-files.ts";
import { newCommits, treeOf } from "./replay.ts";
import type { Work } from "./selection.ts";
import { commitDiffs, treeDiff } from "./trees.ts";

function key(path: RawPath, entry: TreeEntry | null): string {
  return `${entry?.mode ?? ""} ${entry?.id ?? ""} ${path}`;
}

/**
 * The changes that did not land before with exactly this content: what did was accepted then, and is not asked about
 * again when the agent has gone on. Errors: GIT_FAILED.
 */
export async function notAccepted(
  work: Work,
  changes: readonly TreeChange[],
  applied: readonly AppliedWork[],
): Promise<readonly TreeChange[]> {
  const landed = new Set<string>();
  for (const earlier of applied.filter(({ repository }) => repository === work.base.path)) {
    for (const [path, entry] of earlier.landed ?? (await wholeWork(work, earlier))) landed.add(key(path, entry));
  }
  return changes.filter(({ path, after }) => !landed.has(key(path, after)));
}

/** All that came with earlier work, as far as the operator's repository still has it. */
async function wholeWork(
  { quarantine, trees }: Work,
  { head, work }: AppliedWork,
): Promise<readonly (readonly [RawPath, TreeEntry | null])[]> {
  const { git, known } = quarantine;
  for (const id of head === null ? [work] : [work, head]) {
    if ((await git.attempt(["cat-file", "-e", `${id}^{tree}`])).code !== 0) return [];
  }
  const commits = head === null ? [] : (await newCommits(git, head, known)).map(([id = ""]) => id);
  const changes = [
    ...(await treeDiff(git, trees.snapshot, await treeOf(git, work))),
    ...(await commitDiffs(git, commits)),
  ];
  return changes.map(({ path, after }) => [path, after] as const);
}
