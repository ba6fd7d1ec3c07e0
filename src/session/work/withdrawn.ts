import type { RawPath, TreeChange, TreeEntry } from "../../core/model/work.ts";
import type { AppliedWork } from "../../state/work-files.ts";
import { treeOf } from "./replay.ts";
import type { Work } from "./selection.ts";
import { treeDiff } from "./trees.ts";

/** Each file of a plain folder as it landed last. */
export type Landed = ReadonlyMap<RawPath, TreeEntry | null>;

/** What of this repository has landed, by path. */
export function landedFiles(path: string, applied: readonly AppliedWork[]): Landed {
  const landed = new Map<RawPath, TreeEntry | null>();
  for (const { repository, landed: entries } of applied) {
    if (repository === path) for (const [name, entry] of entries ?? []) landed.set(name, entry);
  }
  return landed;
}

/** Did other work of this repository land before? Then there may be something to take back, though nothing is new. */
export function landedOther({ base, work }: Work, applied: readonly AppliedWork[]): boolean {
  const last = applied.findLast(({ repository }) => repository === base.path);
  return last !== undefined && last.work !== work;
}

/**
 * Files that landed and that the agent has since made again as they were at the start: no change of its work names
 * them, and the operator still has the version in between. Errors: GIT_FAILED.
 */
export async function withdrawn({ trees, changes, quarantine }: Work, landed: Landed): Promise<readonly TreeChange[]> {
  const changed = new Set(changes.map(({ path }) => path));
  const open = [...landed.keys()].filter((path) => !changed.has(path));
  if (open.length === 0) return [];
  const { git } = quarantine;
  const start = await treeDiff(git, await treeOf(git, null), trees.snapshot);
  const at = new Map(start.map(({ path, after }) => [path, after]));
  return open.flatMap((path) => {
    const [before, after] = [landed.get(path) ?? null, at.get(path) ?? null];
    return before?.mode === after?.mode && before?.id === after?.id ? [] : [{ path, before, after }];
  });
}
