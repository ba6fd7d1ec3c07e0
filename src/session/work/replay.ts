import { BottleError } from "../../core/model/errors.ts";
import type { Git } from "../../host/git.ts";
import { noOne, range } from "./quarantine.ts";

export interface Merge {
  readonly tree: string;
  /** Paths that did not merge, as git has them (latin1); in the tree they hold conflict markers. */
  readonly conflicts: readonly string[];
}

/**
 * The tree of `theirs` with what changed from `base` to `ours`, by git's own three-way merge with renames; no work tree
 * is touched. All three are trees. Errors: GIT_FAILED.
 */
export async function mergeTrees(git: Git, base: string, ours: string, theirs: string): Promise<Merge> {
  if (base === ours || ours === theirs) return { tree: theirs, conflicts: [] };
  if (base === theirs) return { tree: ours, conflicts: [] };
  // Git 2.38 to 2.39 finds the base by history only: so three commits that say it.
  const env = noOne("0");
  const root = await git.line(["commit-tree", base, "-m", "base"], { env });
  const left = await git.line(["commit-tree", ours, "-p", root, "-m", "ours"], { env });
  const right = await git.line(["commit-tree", theirs, "-p", root, "-m", "theirs"], { env });
  const merged = await git.attempt(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", left, right]);
  const [tree = "", ...names] = merged.stdout.toString("latin1").split("\0");
  if (merged.code > 1 || !/^[0-9a-f]{40,64}$/.test(tree)) {
    throw new BottleError("GIT_FAILED", "git merge-tree could not merge", { hint: "git 2.38 or newer is needed" });
  }
  const conflicts = merged.code === 1 ? [...new Set(names.filter(Boolean))] : [];
  return { tree, conflicts };
}

/** Tree of a commit; the empty tree where there is none. Errors: GIT_FAILED. */
export async function treeOf(git: Git, commit: string | null): Promise<string> {
  if (commit !== null) return git.line(["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`]);
  // Written, since not every command knows it without.
  return git.line(["hash-object", "-t", "tree", "-w", "--stdin"], { stdin: Buffer.alloc(0) });
}

export interface Committer {
  readonly name: string;
  readonly email: string;
}

export interface ReplayRequest {
  /** The agent's tip. */
  readonly head: string;
  /** Where the commits shall stand; null: on nothing. */
  readonly onto: string | null;
  /** Commits that are not replayed, with all before them: the snapshot, the base, what the operator has by now. */
  readonly known: readonly string[];
  /** Those of `known` that `onto` stands for, wherever they are parents. */
  readonly replaced: readonly string[];
  readonly committer: Committer;
}

export type Replay =
  | { readonly ok: true; readonly tip: string | null; readonly commits: readonly string[] }
  /** `at` is the agent's commit that does not fit. */
  | { readonly ok: false; readonly at: string; readonly conflicts: readonly string[] };

/** The commits that `replay` would make new, oldest first, each with its parents. */
export async function newCommits(git: Git, head: string, known: readonly string[]): Promise<readonly string[][]> {
  const args = ["rev-list", "--topo-order", "--reverse", "--parents", "--stdin"];
  const listed = (await git.run(args, { stdin: range([head], known) })).toString("latin1");
  return listed.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
}

/** Those of them that lie on the line of first parents. */
export async function firstParents(git: Git, head: string, known: readonly string[]): Promise<ReadonlySet<string>> {
  const listed = await git.line(["rev-list", "--first-parent", "--stdin"], { stdin: range([head], known) });
  return new Set(listed.split("\n"));
}

/**
 * Puts the agent's new commits onto another commit, in the quarantine. A commit whose parents stay keeps its id, so
 * what can be a fast-forward is one. Merges stay merges with their resolution; a commit that changes nothing any more
 * goes. The author stays, the operator is the committer, and the dates are the agent's: the same input makes the same
 * ids, so doing it twice does no harm. Errors: GIT_FAILED.
 */
export async function replay(git: Git, request: ReplayRequest): Promise<Replay> {
  const { head, onto, known, replaced, committer } = request;
  const commits = await newCommits(git, head, known);
  const trunk = await firstParents(git, head, known);
  const now = new Map<string, string | null>();
  const made: string[] = [];
  for (const [id = "", ...before] of commits) {
    // Outside of what is new, the new place stands for the first parent of the trunk and for the snapshot; older
    // commits from which a side branch came stay.
    const moved = (old: string, first: boolean) => {
      const known = now.get(old);
      if (known !== undefined) return known;
      return replaced.includes(old) || (first && trunk.has(id)) ? onto : old;
    };
    const [first = null, ...others] = before;
    const parent = first === null ? (trunk.has(id) ? onto : null) : moved(first, true);
    const all = [parent, ...others.map((other) => moved(other, false))].filter((found) => found !== null);
    const parents = [...new Set(all)];
    if (parents.join() === before.join()) {
      now.set(id, id);
      made.push(id);
      continue;
    }
    const [was, ours, theirs] = [await treeOf(git, first), await treeOf(git, parent), await treeOf(git, id)];
    const merged = await mergeTrees(git, was, ours, theirs);
    if (merged.conflicts.length > 0) return { ok: false, at: id, conflicts: merged.conflicts };
    // It is there already, by another way; one that was empty from the start stays.
    if (merged.tree === ours && was !== theirs && parents.length < 2) {
      now.set(id, parent);
      continue;
    }
    const next = await recommit(git, id, merged.tree, parents, committer);
    now.set(id, next);
    made.push(next);
  }
  const tip = commits.length === 0 ? onto : (now.get(head) ?? null);
  return { ok: true, tip, commits: made };
}

/** A commit like `id` with another tree and other parents. Its message keeps its bytes and encoding. */
async function recommit(
  git: Git,
  id: string,
  tree: string,
  parents: readonly string[],
  committer: Committer,
): Promise<string> {
  const raw = (await git.run(["cat-file", "commit", id])).toString("latin1");
  const end = raw.indexOf("\n\n");
  const head = raw.slice(0, end).split("\n");
  const author = head.find((line) => line.startsWith("author ")) ?? "";
  const encoding = head.filter((line) => line.startsWith("encoding "));
  const date = /> (\d+ [+-]\d{4})$/.exec(head.find((line) => line.startsWith("committer ")) ?? "")?.[1] ?? "0 +0000";
  const who = Buffer.from(`committer ${committer.name} <${committer.email}> ${date}`, "utf8").toString("latin1");
  // Built by hand: the signature of the old commit goes, and no environment or setting has a say.
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), author, who, ...encoding];
  const bytes = Buffer.from(`${lines.join("\n")}${raw.slice(end)}`, "latin1");
  return git.line(["hash-object", "-t", "commit", "-w", "--stdin"], { stdin: bytes });
}
