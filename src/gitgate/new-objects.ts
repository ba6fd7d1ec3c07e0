import type { RefUpdate } from "../core/model/git-gate.ts";
import type { Git } from "../host/git.ts";

/** An object that a push would bring to the server, as far as reachability tells. */
export interface NewObject {
  readonly id: string;
  /** Path or name under which it was met first, Latin-1; "": a commit. */
  readonly path: string;
  /** The commit in which it was met first. */
  readonly commit: string;
}

/** What `git rev-list` may print about one push. */
const MAX_BYTES = 256 << 20;

/**
 * All that the new tips lead to and no ref of the mirror does, which is where the server is. Not only what came in this
 * pack: what lay in the mirror without a ref counts too. Errors: GIT_FAILED.
 */
export async function newObjects(git: Git, updates: readonly RefUpdate[]): Promise<readonly NewObject[]> {
  const stdin = Buffer.from(updates.map(({ to }) => `${to}\n`).join(""));
  const args = ["rev-list", "--objects", "--in-commit-order", "--stdin", "--not", "--all"];
  const listed = await git.run(args, { stdin, maxBytes: MAX_BYTES });
  const objects: NewObject[] = [];
  let commit = "";
  for (const line of listed.toString("latin1").split("\n")) {
    const [, id, path] = /^([0-9a-f]{40,64})(?: (.*))?$/s.exec(line) ?? [];
    if (id === undefined) continue;
    // Trees and blobs come with a blank, commits without; a root tree has an empty path behind its blank.
    if (path === undefined) commit = id;
    objects.push({ id, path: path ?? "", commit });
  }
  return objects;
}

/** Paths that the new commits themselves change, merges where they differ from every parent; Latin-1. Errors: GIT_FAILED. */
export async function changedPaths(git: Git, updates: readonly RefUpdate[]): Promise<ReadonlyMap<string, string>> {
  const stdin = Buffer.from(updates.map(({ to }) => `${to}\n`).join(""));
  const commits = await git.run(["rev-list", "--stdin", "--not", "--all"], { stdin, maxBytes: MAX_BYTES });
  const args = ["diff-tree", "--stdin", "-r", "-c", "--root", "--name-only", "-z", "--no-renames", "--no-ext-diff"];
  const said = await git.run(args, { stdin: commits, maxBytes: MAX_BYTES });
  const paths = new Map<string, string>();
  let commit = "";
  for (const piece of said.toString("latin1").split("\0")) {
    // The id of a commit ends in a line feed or in NUL, by the version of git; a path of 40 hex digits is read as one too,
    // and protects nothing by that name.
    const [, id, rest] = /^([0-9a-f]{40}|[0-9a-f]{64})(?:\n(.*))?$/s.exec(piece) ?? [];
    if (id !== undefined) commit = id;
    const path = id === undefined ? piece : (rest ?? "");
    if (path !== "" && !paths.has(path)) paths.set(path, commit);
  }
  return paths;
}
