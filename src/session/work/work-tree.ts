import { lstat } from "node:fs/promises";
import type { RawPath, TreeEntry } from "../../core/model/work.ts";
import { parseTreeChanges } from "../../core/wire/tree-changes.ts";
import { pathBytes } from "../../core/work/raw-path.ts";
import { isErrno } from "../../host/files.ts";
import type { OwnRepository } from "./own-repository.ts";
import type { Quarantine } from "./quarantine.ts";
import { indexLines, scratchIndex, zeroId } from "./trees.ts";

/** Environment with which the operator's git sees the objects of the quarantine too, and leaves their index alone. */
export function aside(quarantine: Quarantine, index: string): Record<string, string> {
  return { GIT_INDEX_FILE: index, GIT_OBJECT_DIRECTORY: quarantine.objects };
}

/**
 * Makes a scratch index of these entries and lets git compare the work tree with it, line ends and file modes as the
 * operator has set them. Answers the index, with the stat data of what is the same, and the paths that differ.
 */
export async function compareWorkTree(
  own: OwnRepository,
  quarantine: Quarantine,
  entries: ReadonlyMap<RawPath, TreeEntry | null>,
): Promise<{ readonly index: string; readonly differing: ReadonlySet<RawPath> }> {
  const index = scratchIndex(quarantine);
  const env = aside(quarantine, index);
  const stdin = indexLines(
    [...entries].filter(([, entry]) => entry !== null),
    zeroId(quarantine.base.objectFormat),
  );
  await own.git.run(["update-index", "-z", "--index-info"], { env, stdin });
  // 1: something differs; which, is asked next.
  await own.git.attempt(["update-index", "-q", "--refresh"], { env });
  const raw = ["diff-files", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=all", "--no-ext-diff"];
  const differing = new Set(parseTreeChanges(await own.git.run(raw, { env })).map(({ path }) => path));
  for (const [path, entry] of entries) {
    if (entry === null && (await occupied(own.workTree, path, entries)) !== null) differing.add(path);
  }
  return { index, differing };
}

/**
 * What stands in the way of a path that should not exist, or null: the thing itself, or a file or link where a folder
 * should be (never followed). What the same list of entries accounts for is no obstacle.
 */
async function occupied(
  top: string,
  path: RawPath,
  entries: ReadonlyMap<RawPath, TreeEntry | null>,
): Promise<RawPath | null> {
  const parts = path.split("/");
  for (let count = 1; count <= parts.length; count++) {
    const at = parts.slice(0, count).join("/");
    let found: Awaited<ReturnType<typeof lstat>>;
    try {
      found = await lstat(Buffer.concat([Buffer.from(`${top}/`), pathBytes(at)]));
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
    const own = entries.get(at);
    // Where a folder stands there is no file: what the list says of that one says nothing of what lies below.
    if (own != null && (own.mode === "160000" || !found.isDirectory())) return null;
    if (count === parts.length) {
      // A folder whose files go is made room of by git, which looks itself whether anything else lies in it.
      if (found.isDirectory() && [...entries.keys()].some((other) => other.startsWith(`${at}/`))) return null;
      return at;
    }
    if (!found.isDirectory()) return at;
  }
  return null;
}
