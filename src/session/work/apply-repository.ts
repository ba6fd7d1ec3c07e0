import { BottleError } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import type { AppliedWork } from "../../state/work-files.ts";
import { type AppliedRepository, badBranch } from "./apply-terms.ts";
import { leaveConflict } from "./cherry-pick.ts";
import { conflict, type Landing, land, planLanding } from "./landing.ts";
import { committer, type OwnRepository } from "./own-repository.ts";
import { pin, pinName } from "./pin.ts";
import { mergeTrees, type Replay, replay, treeOf } from "./replay.ts";
import type { Work } from "./selection.ts";

export interface ApplyPlan {
  readonly bottle: string;
  readonly branch: string | null;
  readonly work: Work;
  readonly own: OwnRepository;
  /** What landed of this repository before, oldest first. */
  readonly earlier: readonly AppliedWork[];
  /** Only some of the work lands (`--interactive`). */
  readonly chosen: boolean;
}

/** Checked and ready: `keep` brings the commits in and pins them, `act` then changes what the operator sees. */
export interface ApplyStep {
  readonly result: AppliedRepository;
  readonly applied: Omit<AppliedWork, "time"> | null;
  keep(): Promise<void>;
  act(): Promise<AppliedRepository>;
}

/** The agent's commits onto what is checked out, the rest as uncommitted changes. Errors: WORK_BLOCKED, WORK_CONFLICT. */
export async function planHead(plan: ApplyPlan): Promise<ApplyStep> {
  const { bottle, work, own } = plan;
  const { git } = work.quarantine;
  if (work.commits.length === 0) return planPatch(plan);
  if (own.underway !== null) {
    throw new BottleError("WORK_BLOCKED", `${own.underway} is under way in ${own.workTree}; nothing was changed`, {
      hint: "finish or abort it first; --branch B does not mind it",
    });
  }
  const landed = await landedBefore(plan);
  const replayed = await replayOnto(plan, own.head, landed);
  const ref = own.branch ?? "HEAD";
  const notes = moved(plan);
  const applied = (commit: string | null) => record(work, "HEAD", commit);
  const result = { ...resultOf(plan), notes };
  if (!replayed.ok) {
    await blameSnapshot(plan);
    const keep = () => keepWork(plan, []);
    const act = () => leaveConflict(plan, landed === null ? [] : [landed.head]).then(() => result);
    return { result: { ...result, commits: work.commits, ref }, applied: applied(null), keep, act };
  }
  const next = await treeOf(git, replayed.tip);
  const merged = await mergeTrees(git, work.trees.head, next, work.trees.work);
  const landing = await planLanding(own, work.quarantine, {
    ...(await startTrees(plan)),
    next,
    target: merged.tree,
    conflicts: merged.conflicts,
  });
  const tip = replayed.tip;
  const done = { ...result, commits: replayed.commits, files: landing.files, ref };
  return {
    result: done,
    applied: applied(tip),
    keep: () => keepWork(plan, tip === null ? [] : [tip]),
    act: () => land(landing, tip, `bottle apply ${bottle}`).then(() => done),
  };
}

/** Everything as uncommitted changes. Errors: WORK_BLOCKED, WORK_CONFLICT. */
export async function planPatch(plan: ApplyPlan): Promise<ApplyStep> {
  const { work, own } = plan;
  const start = await startTrees(plan);
  const merged = await mergeTrees(work.quarantine.git, work.trees.snapshot, start.head, work.trees.work);
  const trees = { ...start, next: start.head, target: merged.tree, conflicts: merged.conflicts };
  const landing: Landing = await planLanding(own, work.quarantine, trees);
  const result = { ...resultOf(plan), files: landing.files };
  return {
    result,
    applied: { ...record(work, "files", null), head: null, landed: plan.chosen ? entries(work) : null },
    keep: () => keepWork(plan, []),
    act: () => land(landing, null, "").then(() => result),
  };
}

/** Everything as commits on a branch; neither work tree nor index is touched. Errors: USAGE, WORK_BLOCKED, WORK_CONFLICT. */
export async function planBranch(plan: ApplyPlan): Promise<ApplyStep> {
  const { bottle, branch, work, own } = plan;
  const { git } = work.quarantine;
  const name = branch ?? "";
  const ref = `refs/heads/${name}`;
  if (name.startsWith("-") || (await own.git.attempt(["check-ref-format", "--branch", name])).code !== 0) {
    throw badBranch(name);
  }
  const replayed = work.head === null ? unchanged(work) : await replayOnto(plan, work.base.head, null);
  if (!replayed.ok) {
    await blameSnapshot(plan);
    throw conflict(replayed.conflicts);
  }
  const next = await treeOf(git, replayed.tip);
  const from = work.head === null ? work.trees.snapshot : work.trees.head;
  const merged = await mergeTrees(git, from, next, work.trees.work);
  if (merged.conflicts.length > 0) throw snapshotConflict(bottle);
  const tip =
    merged.tree === next ? replayed.tip : await commitRest(plan, merged.tree, replayed.tip, `Work in bottle ${bottle}`);
  if (tip === null) throw new BottleError("WORK_NONE", "there is nothing to put on a branch");
  const before = await branchTip(plan, ref, tip);
  const all = tip === replayed.tip ? replayed.commits : [...replayed.commits, tip];
  const commits = before === tip ? [] : all;
  const result = { ...resultOf(plan), commits, ref };
  return {
    result,
    applied: record(work, ref, tip),
    keep: () => keepWork(plan, [tip]),
    act: async () => {
      const old = before ?? "0".repeat(tip.length);
      await own.git.run(["update-ref", "-m", `bottle apply ${bottle}`, ref, tip, old]);
      return result;
    },
  };
}

/** Where the branch is now; it must not be checked out, and must be able to go forward. */
async function branchTip({ own, work }: ApplyPlan, ref: string, tip: string): Promise<string | null> {
  const found = await own.git.attempt(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
  const shown = printable(ref.replace("refs/heads/", ""), 100);
  const trees = (await own.git.run(["worktree", "list", "--porcelain"])).toString("utf8").split("\n");
  if (trees.includes(`branch ${ref}`)) {
    throw new BottleError("WORK_BLOCKED", `the branch ${shown} is checked out; nothing was changed`, {
      hint: "leave --branch out to apply to what is checked out, or name another branch",
    });
  }
  if (found.code !== 0) return null;
  const old = found.stdout.toString("latin1").trim();
  const forward = await work.quarantine.git.attempt(["merge-base", "--is-ancestor", old, tip]);
  if (forward.code === 0) return old;
  throw new BottleError("WORK_BLOCKED", `the branch ${shown} exists and has other commits; nothing was changed`, {
    hint: "name another branch, or remove that one: git branch -D",
  });
}

async function commitRest(
  { own, work }: ApplyPlan,
  tree: string,
  parent: string | null,
  message: string,
): Promise<string> {
  const { name, email } = await committer(own);
  const { git } = work.quarantine;
  const date = `@${await git.line(["show", "--no-patch", "--format=%ct", work.work])} +0000`;
  const env = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) => [
      [`GIT_${role}_NAME`, name],
      [`GIT_${role}_EMAIL`, email],
      [`GIT_${role}_DATE`, date],
    ]),
  );
  return git.line(["commit-tree", tree, ...(parent === null ? [] : ["-p", parent]), "-m", message], { env });
}

function unchanged({ base }: Work): Replay {
  return { ok: true, tip: base.head, commits: [] };
}

/** The last time that commits landed on what is checked out, when they are still in its history. */
async function landedBefore({ own, work, earlier }: ApplyPlan): Promise<{ head: string; commit: string } | null> {
  const { git } = work.quarantine;
  const within = async (one: string, other: string | null) =>
    other !== null && (await git.attempt(["merge-base", "--is-ancestor", one, other])).code === 0;
  for (const { head, commit, onto } of earlier.toReversed()) {
    if (onto !== "HEAD" || head === null || commit === null) continue;
    if ((await within(commit, own.head)) && (await within(head, work.head))) return { head, commit };
  }
  return null;
}

async function replayOnto(
  { work, own }: ApplyPlan,
  onto: string | null,
  landed: { readonly head: string } | null,
): Promise<Replay> {
  if (work.head === null) return unchanged(work);
  const { snapshot } = work.base;
  const known = [...work.quarantine.known, onto, landed?.head].filter((id) => id != null);
  const replaced = [snapshot, landed?.head].filter((id) => id !== undefined);
  const request = { head: work.head, onto, known, replaced };
  // The operator's name is needed only where a commit is made anew.
  const same = onto === snapshot;
  const who = same ? { name: "", email: "" } : await committer(own);
  return replay(work.quarantine.git, { ...request, committer: who });
}

/** Errors when the commits need what was uncommitted at start: then no conflict could be resolved in a sensible way. */
async function blameSnapshot(plan: ApplyPlan): Promise<void> {
  const { bottle, work } = plan;
  if (work.base.snapshot === work.base.head) return;
  const alone = await replayOnto(plan, work.base.head, null);
  if (!alone.ok) throw snapshotConflict(bottle);
}

function snapshotConflict(bottle: string): BottleError {
  return new BottleError(
    "WORK_CONFLICT",
    "the agent's commits build on changes that were not committed when it began, so they cannot stand without them; nothing was changed",
    { hint: `take all of it as uncommitted changes: bottle apply ${bottle} --patch` },
  );
}

async function startTrees({ work, own, earlier }: ApplyPlan) {
  const { git } = work.quarantine;
  const last = earlier.at(-1)?.work;
  const known = last !== undefined && (await git.attempt(["cat-file", "-e", `${last}^{tree}`])).code === 0;
  const { snapshot, work: files } = work.trees;
  return {
    head: await treeOf(git, own.head),
    snapshot,
    work: files,
    prior: known ? await treeOf(git, last) : snapshot,
  };
}

function moved({ work, own }: ApplyPlan): readonly string[] {
  if (own.branch === work.base.branch) return [];
  const name = (ref: string | null) =>
    ref === null ? "a detached HEAD" : printable(ref.replace("refs/heads/", ""), 100);
  return [`the bottle began on ${name(work.base.branch)}, and now ${name(own.branch)} is checked out`];
}

function keepWork({ bottle, work, own }: ApplyPlan, tips: readonly string[]): Promise<void> {
  const ref = { name: pinName(bottle, work.work), id: work.work };
  return pin(own, work.quarantine, [work.work, ...tips], ref);
}

function resultOf({ bottle, work }: ApplyPlan): AppliedRepository {
  const { path } = work.base;
  return { path, commits: [], files: [], work: work.work, pin: pinName(bottle, work.work), ref: null, notes: [] };
}

/** Each file as it lands. */
function entries({ changes }: Work): AppliedWork["landed"] {
  return changes.map(({ path, after }) => [path, after] as const);
}

function record(work: Work, onto: string, commit: string | null): Omit<AppliedWork, "time"> {
  return { repository: work.base.path, head: work.head, work: work.work, commit, onto, landed: null };
}
