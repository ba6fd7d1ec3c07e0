import { BottleError } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import { complaint } from "../../host/git.ts";
import type { OwnRepository } from "./own-repository.ts";
import { pinName } from "./pin.ts";
import { firstParents, newCommits } from "./replay.ts";
import type { Work } from "./selection.ts";

/**
 * Cherry-picks the agent's commits with the operator's own git, when a try has shown that they conflict: the conflict
 * is then left as git leaves it. Merges are taken as one change. Errors: WORK_CONFLICT, which says how to go on;
 * WORK_BLOCKED when git did not begin. Returns when there was no conflict after all.
 */
export async function leaveConflict(
  { bottle, work, own }: { readonly bottle: string; readonly work: Work; readonly own: OwnRepository },
  landed: readonly string[],
): Promise<void> {
  const { git } = work.quarantine;
  const { head, quarantine } = work;
  if (head === null) return;
  const known = [...quarantine.known, own.head, ...landed].filter((id) => id !== null);
  const trunk = await firstParents(git, head, known);
  const all = (await newCommits(git, head, known)).map(([id = ""]) => id).filter((id) => trunk.has(id));
  const args = ["cherry-pick", "--allow-empty", "--keep-redundant-commits", "--mainline=1", ...all];
  const picked = await own.git.attempt(args);
  if (picked.code === 0) return;
  const underway = await own.git.attempt(["rev-parse", "--verify", "--quiet", "CHERRY_PICK_HEAD"]);
  if (underway.code !== 0) {
    throw new BottleError("WORK_BLOCKED", `git would not begin: ${complaint(picked.stderr)}`, {
      hint: `commit or stash your changes first; the work is kept under ${pinName(bottle, work.work)}`,
    });
  }
  const files = (await own.git.run(["diff", "--name-only", "--diff-filter=U", "-z", "--no-ext-diff"])).toString("utf8");
  const names = files.split("\0").filter(Boolean).slice(0, 20);
  const rest =
    work.trees.head === work.trees.work
      ? ""
      : `, and then for what was not committed: git cherry-pick --no-commit ${pinName(bottle, work.work)}`;
  throw new BottleError(
    "WORK_CONFLICT",
    `the agent's commits conflict with yours, in:${names.map((name) => `\n  ${printable(name, 200)}`).join("")}`,
    {
      hint: `as after git cherry-pick: mend the files, git add them, git cherry-pick --continue${rest}; git cherry-pick --abort undoes it. All of it is kept under ${pinName(bottle, work.work)}`,
    },
  );
}
