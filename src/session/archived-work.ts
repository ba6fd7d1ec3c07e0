import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { RepositoryBase } from "../core/model/work.ts";
import { complaint, type Git, gitFailure, neutralGit } from "../host/git.ts";
import type { ArchivedBottle } from "../state/archived-bottles.ts";
import { readBase } from "../state/base-file.ts";
import type { SessionContext } from "./context.ts";
import { openOwn } from "./work/own-repository.ts";

/** One bundle of the archive, and the repository that it came from. */
export interface ArchivedWork {
  readonly bundle: string;
  readonly base: RepositoryBase;
  readonly kind: "clone" | "copy";
}

/** A commit that was brought back. */
export interface RestoredRef {
  readonly ref: string;
  readonly id: string;
  readonly repository: string;
}

const GIT_MS = 30 * 60_000;

/** Where the work of a removed bottle lies. Errors: WORK_NONE, STATE_UNUSABLE. */
export async function archivedWork(bottle: ArchivedBottle): Promise<readonly ArchivedWork[]> {
  const base = bottle.bundles.length === 0 ? null : await readBase(bottle.paths.base);
  if (base === null) {
    throw new BottleError("WORK_NONE", `nothing of ${bottle.id} had not landed, so there is no work to restore`, {
      hint: `bottle logs ${bottle.name} and bottle audit ${bottle.name} show what was kept`,
    });
  }
  return bottle.bundles.flatMap((file) => {
    const index = Number(/^work-(\d+)\.bundle$/.exec(file)?.[1] ?? 0);
    const repository = base.repositories[index];
    return repository === undefined
      ? []
      : [{ bundle: join(bottle.paths.folder, file), base: repository, kind: base.kind }];
  });
}

/**
 * Brings the commits of a removed bottle back into the repository that they came from, under `refs/bottle/<id>/`; no
 * branch, index or file of the operator's is touched. Doing it again changes nothing. Errors: WORK_BLOCKED, GIT_FAILED.
 */
export async function restoreRefs(
  id: string,
  work: ArchivedWork,
  context: SessionContext,
): Promise<readonly RestoredRef[]> {
  const { git, workTree } = await openOwn(work.base, context);
  const heads = await headsOf(git, work.bundle);
  const verified = await git.attempt(["bundle", "verify", "--quiet", work.bundle], { timeoutMs: GIT_MS });
  if (verified.code !== 0) {
    throw new BottleError("WORK_BLOCKED", `${work.bundle} does not fit: ${complaint(verified.stderr)}`, {
      hint: `it stands on commits that ${workTree} has no more; git fetch them there first`,
    });
  }
  const taken = await git.attempt(["bundle", "unbundle", work.bundle], { timeoutMs: GIT_MS });
  if (taken.code !== 0) throw gitFailure("bundle unbundle", taken);
  const tips = heads.map(({ id: tip }) => tip);
  const connected = ["rev-list", "--objects", "--quiet", "--stdin", "--not", "--all"];
  const whole = await git.attempt(connected, { stdin: Buffer.from(`${tips.join("\n")}\n`), timeoutMs: GIT_MS });
  if (whole.code !== 0) throw gitFailure("rev-list", whole);
  const refs = heads.map(({ ref, id: tip }) => ({ ref: `refs/bottle/${id}/${ref}`, id: tip, repository: workTree }));
  const commands = refs.map(({ ref, id: tip }) => `update ${ref} ${tip}\n`).join("");
  await git.run(["update-ref", "--stdin"], { stdin: Buffer.from(commands) });
  return refs;
}

/** Do refs of the operator's repository lead to all that is in the bundle? Of a plain folder nobody knows. */
export async function isReached(work: ArchivedWork, context: SessionContext): Promise<boolean> {
  if (work.kind === "copy") return false;
  try {
    const { git } = await openOwn(work.base, context);
    for (const { id } of await headsOf(git, work.bundle)) {
      const found = await git.attempt(["for-each-ref", "--count=1", "--contains", id]);
      if (found.code !== 0 || found.stdout.length === 0) return false;
    }
    return true;
  } catch (error) {
    // A repository that is gone holds nothing.
    if (error instanceof BottleError) return false;
    throw error;
  }
}

/** Makes a repository of the files of a plain folder's bottle, its work checked out. Errors: GIT_FAILED, HOST_UNFIT. */
export async function restoreFolder(work: ArchivedWork, folder: string, context: SessionContext): Promise<void> {
  const git = neutralGit(context.facts.tools, join(folder, ".git"));
  const inside = { env: { GIT_WORK_TREE: folder }, timeoutMs: GIT_MS };
  await git.run(["init", "--quiet", `--object-format=${work.base.objectFormat}`, folder], { timeoutMs: GIT_MS });
  for (const { ref, id } of await headsOf(git, work.bundle)) {
    const taken = await git.attempt(["bundle", "unbundle", work.bundle], { timeoutMs: GIT_MS });
    if (taken.code !== 0) throw gitFailure("bundle unbundle", taken);
    await git.run(["update-ref", `refs/heads/${ref}`, id]);
  }
  await git.run(["symbolic-ref", "HEAD", "refs/heads/work"]);
  await git.run(["reset", "--quiet", "--hard", "refs/heads/work"], inside);
}

/** Branches of a bundle, without `refs/heads/`. Errors: GIT_FAILED. */
async function headsOf(git: Git, bundle: string): Promise<readonly { readonly ref: string; readonly id: string }[]> {
  const listed = await git.attempt(["bundle", "list-heads", bundle]);
  if (listed.code !== 0) throw gitFailure("bundle list-heads", listed);
  return listed.stdout
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      const [, id, ref] = /^([0-9a-f]{40,64}) refs\/heads\/(.+)$/.exec(line) ?? [];
      return id === undefined || ref === undefined ? [] : [{ ref, id }];
    });
}
