import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Operator } from "./operator.ts";

/** git in the operator's workspace: what it printed, without the ends. */
export type OperatorGit = (...args: readonly string[]) => string;

/** Makes the operator's workspace a repository with one commit on `main`. */
export function makeRepository({ home, workspace, env }: Operator): OperatorGit {
  // Root's git uses no repository of somebody else without the last line.
  writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = Op\n\temail = o@p\n[safe]\n\tdirectory = *\n");
  const git: OperatorGit = (...args) => {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: workspace, env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-qm", "first");
  return git;
}
