import type { RawPath, TreeEntry } from "../../core/model/work.ts";
import type { OwnRepository } from "./own-repository.ts";

/** The operator's index. */
export interface IndexEntries {
  readonly entries: ReadonlyMap<RawPath, TreeEntry>;
  /** In the middle of a merge. */
  readonly unmerged: ReadonlySet<RawPath>;
  /** Left out of the work tree by a sparse checkout. */
  readonly sparse: ReadonlySet<RawPath>;
}

/** Tag, mode, id, stage, path: `git ls-files -t -s -z`, git-ls-files(1). */
const LINE = /^(\S) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-3])\t([\s\S]+)$/;

/** Reads it; only entries that can matter are kept. Errors: GIT_FAILED. */
export async function readIndex({ git }: OwnRepository): Promise<IndexEntries> {
  const entries = new Map<RawPath, TreeEntry>();
  const unmerged = new Set<RawPath>();
  const sparse = new Set<RawPath>();
  const listed = await git.run(["ls-files", "--full-name", "-t", "-s", "-z"]);
  for (const field of listed.toString("latin1").split("\0")) {
    const [, tag, mode, id, stage, path] = LINE.exec(field) ?? [];
    if (path === undefined || mode === undefined || id === undefined) continue;
    if (stage !== "0") unmerged.add(path);
    else entries.set(path, { mode, id });
    if (tag === "S") sparse.add(path);
  }
  return { entries, unmerged, sparse };
}
