import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newOperator } from "../../support/operator.ts";

test("where the current folder is gone, verbs that need none work, and the others say so", () => {
  using operator = newOperator();
  const folder = join(operator.home, "gone");
  const inGone = (...args: readonly string[]) => {
    mkdirSync(folder);
    return spawnSync("sh", ["-c", `rmdir "$PWD"; exec "$@"`, "sh", ...operator.words, ...args], {
      cwd: folder,
      env: operator.env,
      encoding: "utf8",
    });
  };
  for (const words of [["--version"], ["ls"], ["prune"]]) {
    const { status, stderr } = inGone(...words);
    assert.equal(status, 0, stderr);
  }
  const start = inGone("start", "shell", "-p", "true");
  assert.equal(start.status, 2);
  assert.match(start.stderr, /^bottle: the current folder is gone \[USAGE\]\n {2}cd to a folder/);
});
