import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import type { RawPath, TreeChange, TreeEntry } from "../../core/model/work.ts";
import { parseTreeChanges } from "../../core/wire/tree-changes.ts";
import type { Git } from "../../host/git.ts";
import type { Quarantine } from "./quarantine.ts";

const RAW = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv"];

/** How two trees differ, path by path, renames as what they are: one file less, one more. Errors: GIT_FAILED. */
export async function treeDiff(git: Git, before: string, after: string): Promise<readonly TreeChange[]> {
  return before === after ? [] : parseTreeChanges(await git.run([...RAW, before, after]));
}

/** What each of these commits changes against its first parent, all in one list. Errors: GIT_FAILED. */
export async function commitDiffs(git: Git, commits: readonly string[]): Promise<readonly TreeChange[]> {
  if (commits.length === 0) return [];
  const stdin = Buffer.from(commits.map((id) => `${id}\n`).join(""));
  return parseTreeChanges(await git.run([...RAW, "--stdin", "--root", "--diff-merges=first-parent"], { stdin }));
}

/** Lines for `git update-index -z --index-info`; what goes comes first, so that a file can make room for a folder. */
export function indexLines(entries: Iterable<readonly [RawPath, TreeEntry | null]>, zero: string): Buffer {
  const all = [...entries];
  const line = ([path, entry]: readonly [RawPath, TreeEntry | null]) =>
    `${entry?.mode ?? "000000"} ${entry?.id ?? zero}\t${path}\0`;
  const gone = all.filter(([, entry]) => entry === null).map(line);
  const there = all.filter(([, entry]) => entry !== null).map(line);
  return Buffer.from([...gone, ...there].join(""), "latin1");
}

/** The id that means nothing, in the format of the repository. */
export function zeroId(format: "sha1" | "sha256"): string {
  return "0".repeat(format === "sha1" ? 40 : 64);
}

let counter = 0;

/** A path for a new index file in the quarantine. */
export function scratchIndex({ folder }: Quarantine): string {
  return join(folder, `index-${++counter}`);
}

/** A tree that is `base` (null: empty) but for these entries. Written into the quarantine. Errors: GIT_FAILED. */
export async function treeWith(
  quarantine: Quarantine,
  base: string | null,
  entries: Iterable<readonly [RawPath, TreeEntry | null]>,
): Promise<string> {
  const { git } = quarantine;
  const env = { GIT_INDEX_FILE: scratchIndex(quarantine) };
  if (base !== null) await git.run(["read-tree", base], { env });
  const stdin = indexLines(entries, zeroId(quarantine.base.objectFormat));
  await git.run(["update-index", "-z", "--index-info"], { env, stdin });
  return git.line(["write-tree"], { env });
}

/** Contents of blobs, of which none may be larger than `maxBytes`; null for one that is. Errors: GIT_FAILED. */
export async function blobs(
  git: Git,
  ids: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, Buffer | null>> {
  const found = new Map<string, Buffer | null>();
  const unique = [...new Set(ids)];
  if (unique.length === 0) return found;
  const input = (list: readonly string[]) => ({ stdin: Buffer.from(list.map((id) => `${id}\n`).join("")) });
  const sizes = (await git.run(["cat-file", "--batch-check=%(objectname) %(objectsize)"], input(unique))).toString(
    "latin1",
  );
  const wanted: string[] = [];
  for (const line of sizes.split("\n").filter(Boolean)) {
    const [id = "", size = ""] = line.split(" ");
    if (!/^\d+$/.test(size)) throw new BottleError("WORK_UNREADABLE", `a file of the work is missing (${id})`);
    if (Number(size) > maxBytes) found.set(id, null);
    else wanted.push(id);
  }
  if (wanted.length === 0) return found;
  const all = await git.run(["cat-file", "--batch=%(objectname) %(objectsize)"], input(wanted));
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf(0x0a, at);
    const [id = "", size = ""] = all.subarray(at, end).toString("latin1").split(" ");
    found.set(id, all.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return found;
}
