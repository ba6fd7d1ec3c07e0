import type { Concern, WorkRef } from "../../core/model/work.ts";
import { pathText } from "../../core/work/raw-path.ts";
import type { Git } from "../../host/git.ts";
import { concernsOf } from "./concerns.ts";
import { landingChanges, type Work } from "./selection.ts";

export interface CommitSummary {
  readonly id: string;
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
  readonly subject: string;
}

export interface FileSummary {
  readonly path: string;
  readonly change: "added" | "deleted" | "modified";
  readonly oldMode: string | null;
  readonly newMode: string | null;
  /** Lines; null for a binary file. */
  readonly added: number | null;
  readonly deleted: number | null;
}

/** What `bottle diff --format json` prints of one repository, and what people read first. */
export interface WorkSummary {
  /** Path of the repository in the workspace; empty for the top one. */
  readonly repository: string;
  /** With which the agent began. */
  readonly snapshot: string;
  readonly head: string | null;
  /** The id that `apply --expect` takes. */
  readonly work: string;
  readonly branch: string | null;
  readonly uncommitted: boolean;
  readonly commits: readonly CommitSummary[];
  /** Other refs with commits. */
  readonly refs: readonly WorkRef[];
  readonly files: readonly FileSummary[];
  /** What `apply` asks about. */
  readonly concerns: readonly Concern[];
}

/** Sums up the work of one repository. Texts are as they are, not escaped. Errors: GIT_FAILED, WORK_UNREADABLE. */
export async function summarise(work: Work): Promise<WorkSummary> {
  const { git } = work.quarantine;
  const lines = await lineCounts(git, work.trees.snapshot, work.trees.work);
  const concerns = await concernsOf(git, await landingChanges(work, true));
  return {
    repository: work.base.path,
    snapshot: work.base.snapshot,
    head: work.head,
    work: work.work,
    branch: work.branch,
    uncommitted: work.trees.head !== work.trees.work,
    commits: await commitSummaries(git, work.commits),
    refs: work.refs,
    files: work.changes.map(({ path, before, after }) => ({
      path: pathText(path),
      change: before === null ? "added" : after === null ? "deleted" : "modified",
      oldMode: before?.mode ?? null,
      newMode: after?.mode ?? null,
      added: lines.get(path)?.[0] ?? null,
      deleted: lines.get(path)?.[1] ?? null,
    })),
    concerns: concerns.map(({ path, reason }) => ({ path: pathText(path), reason })),
  };
}

async function lineCounts(
  git: Git,
  before: string,
  after: string,
): Promise<ReadonlyMap<string, readonly [number, number]>> {
  const args = ["diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", before, after];
  const counts = new Map<string, readonly [number, number]>();
  for (const field of (await git.run(args)).toString("latin1").split("\0")) {
    const [, added, deleted, path] = /^(\d+)\t(\d+)\t([\s\S]+)$/.exec(field) ?? [];
    if (path !== undefined) counts.set(path, [Number(added), Number(deleted)]);
  }
  return counts;
}

async function commitSummaries(git: Git, ids: readonly string[]): Promise<readonly CommitSummary[]> {
  if (ids.length === 0) return [];
  const stdin = Buffer.from(ids.map((id) => `${id}\n`).join(""));
  const format = "--format=tformat:%H%x00%an%x00%aI%x00%s%x00";
  const printed = await git.run(["log", "--no-walk=unsorted", "--stdin", "--encoding=UTF-8", "--no-patch", format], {
    stdin,
  });
  const fields = printed.toString("utf8").split("\0");
  const commits: CommitSummary[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [id = "", author = "", date = "", subject = ""] = fields.slice(at, at + 4);
    commits.push({ id: id.trim(), author, date, subject });
  }
  return commits;
}
