import { access } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import type { RepositoryBase } from "../../core/model/work.ts";
import { complaint, type Git } from "../../host/git.ts";
import { operatorGit } from "../../host/operator-git.ts";
import type { SessionContext } from "../context.ts";
import type { Committer } from "./replay.ts";

/** The operator's repository, as it is now. */
export interface OwnRepository {
  readonly git: Git;
  readonly workTree: string;
  readonly gitDir: string;
  /** Null: no commit yet. */
  readonly head: string | null;
  /** Full name of the ref; null: detached. */
  readonly branch: string | null;
  /** What of git's is going on there: `a merge`; null: nothing. */
  readonly underway: string | null;
}

/** What git keeps in its folder while something is going on (gitrepository-layout(5), git-status). */
const UNDERWAY: readonly (readonly [string, string])[] = [
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase or git am"],
  ["sequencer", "a cherry-pick or revert"],
];

/**
 * The repository from which the work came. It must still be where it was: what git finds there now must be the same git
 * dir. Errors: WORK_BLOCKED, HOST_UNFIT, GIT_FAILED.
 */
export async function openOwn(base: RepositoryBase, context: SessionContext): Promise<OwnRepository> {
  const gone = (why: string) =>
    new BottleError("WORK_BLOCKED", `${base.host} ${why}`, {
      hint: "put the repository back where it was, or save the work as a patch: bottle diff NAME > work.patch",
    });
  if (base.gitDir === null) throw new BottleError("INVARIANT", "a plain folder has no repository");
  const exists = await access(base.host).then(
    () => true,
    () => false,
  );
  if (!exists) throw gone("is gone");
  const git = await operatorGit(context.facts.tools, context.env, base.host);
  const found = await git.attempt(["rev-parse", "--absolute-git-dir", "--show-toplevel"]);
  if (found.code !== 0) throw gone(`is no repository that git would use: ${complaint(found.stderr)}`);
  const [gitDir, workTree] = found.stdout.toString("utf8").split("\n");
  if (gitDir !== base.gitDir || workTree !== base.host) throw gone("is another repository by now");
  const head = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  const branch = await git.attempt(["symbolic-ref", "--quiet", "HEAD"]);
  return {
    git,
    workTree,
    gitDir,
    head: head.code === 0 ? head.stdout.toString("latin1").trim() : null,
    branch: branch.code === 0 ? branch.stdout.toString("utf8").trim() : null,
    underway: await underway(gitDir),
  };
}

async function underway(gitDir: string): Promise<string | null> {
  for (const [name, what] of UNDERWAY) {
    const there = await access(join(gitDir, name)).then(
      () => true,
      () => false,
    );
    if (there) return what;
  }
  return null;
}

/** Who the operator is, by their own settings. Errors: WORK_BLOCKED when git does not know. */
export async function committer({ git }: OwnRepository): Promise<Committer> {
  const ident = await git.attempt(["var", "GIT_COMMITTER_IDENT"]);
  const [, name, email] = /^(.*) <(.*)> \d+ [+-]\d{4}\n?$/.exec(ident.stdout.toString("utf8")) ?? [];
  if (ident.code !== 0 || name === undefined || email === undefined) {
    throw new BottleError("WORK_BLOCKED", "git does not know who you are, and you would be the committer", {
      hint: "git config --global user.name NAME; git config --global user.email ADDRESS; or take --patch",
    });
  }
  return { name, email };
}
