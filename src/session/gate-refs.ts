import { access } from "node:fs/promises";
import { join } from "node:path";
import { fitsPattern } from "../core/gitgate/ref-pattern.ts";
import { BottleError } from "../core/model/errors.ts";
import { type GitOptions, neutralGit } from "../host/git.ts";
import { operatorGit } from "../host/operator-git.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPlan } from "../state/plan-file.ts";
import type { SessionContext } from "./context.ts";

/** A branch of a bottle that is now a ref of the operator's repository. */
export interface FetchedRef {
  readonly repository: string;
  /** As the bottle pushed it. */
  readonly branch: string;
  /** In the operator's repository. */
  readonly ref: string;
  readonly id: string;
}

/** By its path on this machine, and by nothing else (git(1), GIT_ALLOW_PROTOCOL). */
const LOCAL: GitOptions = { env: { GIT_ALLOW_PROTOCOL: "file" } };

/**
 * Brings the branches that the bottle pushed through its git gate into the repository at `folder`, as
 * `refs/bottles/<name>/<repository>/<branch>`: objects and refs only, checked by git; no file is touched and nothing is
 * run. Errors: BOTTLE_NOT_FOUND, STATE_UNUSABLE, WORK_NONE, GIT_FAILED.
 */
export async function fetchGateRefs(
  name: string,
  folder: string,
  { layout, facts, env }: SessionContext,
): Promise<readonly FetchedRef[]> {
  const { repositories = [] } = await readPlan(layout, name);
  if (repositories.length === 0) {
    throw new BottleError("WORK_NONE", `${name} has no repository of the git gate`, {
      hint: `git.repos in the manifest declares one; bottle diff ${name} shows work that was not pushed`,
    });
  }
  const own = await operatorGit(facts.tools, env, folder);
  const fetched: FetchedRef[] = [];
  for (const { name: repository, branches } of repositories) {
    const gitDir = join(bottlePaths(layout, name).gate, `${repository}.git`);
    const made = await access(gitDir).then(
      () => true,
      () => false,
    );
    if (!made) continue;
    const listed = await neutralGit(facts.tools, gitDir).line([
      "for-each-ref",
      "--format=%(objectname) %(refname:lstrip=2)",
      "refs/heads",
    ]);
    const here = listed.split("\n").flatMap((line): FetchedRef[] => {
      const [, id, branch] = /^([0-9a-f]+) (.+)$/.exec(line) ?? [];
      if (id === undefined || branch === undefined || !branches.some((pattern) => fitsPattern(pattern, branch)))
        return [];
      return [{ repository, branch, id, ref: `refs/bottles/${name}/${repository}/${branch}` }];
    });
    if (here.length === 0) continue;
    const specs = here.map(({ branch, ref }) => `+refs/heads/${branch}:${ref}`);
    const quiet = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"];
    await own.run(["-c", "fetch.fsckObjects=true", "fetch", ...quiet, "--end-of-options", gitDir, ...specs], LOCAL);
    fetched.push(...here);
  }
  return fetched;
}
