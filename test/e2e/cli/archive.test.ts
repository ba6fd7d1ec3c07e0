import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";

const skip = skipWithout("bubblewrap", "perl", "git");

interface Kept {
  id: string;
  name: string;
  folder: string;
  bundles: string[];
  bytes: number;
}

const listed = async (operator: Operator): Promise<Kept[]> =>
  JSON.parse((await operator.bottle(["archive", "ls", "--format", "json"])).stdout);

async function removed(operator: Operator, name: string, prompt: string): Promise<Kept> {
  const words = ["start", "shell", "--without-cgroup", "--rm", "--name", name, "-p", prompt];
  const run = await operator.bottle(words);
  assert.equal(run.code, 0, run.stderr);
  const kept = (await listed(operator)).filter((bottle) => bottle.name === name).at(-1);
  assert.ok(kept);
  return kept;
}

const COMMIT =
  "git config user.name a; git config user.email a@b; echo new >n; git add n; git commit -qm agents; echo loose >>README; git branch side";

test("commits and files that had not landed come back out of the archive, beside everything of the operator's", {
  skip,
}, async () => {
  using operator = newOperator();
  const git = makeRepository(operator);
  const { id, bundles } = await removed(operator, "one", COMMIT);
  assert.deepEqual(bundles, ["work.bundle"]);
  writeFileSync(join(operator.workspace, "README"), "mine\n");
  const before = [git("rev-parse", "HEAD"), git("status", "--porcelain"), git("branch", "--list")];
  const restored = await operator.bottle(["archive", "restore", "one"]);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, new RegExp(`refs/bottle/${id}/work [0-9a-f]{12}`));
  assert.equal(git("show", `refs/bottle/${id}/work:n`), "new");
  assert.equal(git("show", `refs/bottle/${id}/work:README`), "a project\nloose");
  assert.equal(git("log", "-1", "--format=%s", `refs/bottle/${id}/branches/side`), "agents");
  assert.deepEqual([git("rev-parse", "HEAD"), git("status", "--porcelain"), git("branch", "--list")], before);
  const again = await operator.bottle(["archive", "restore", id, "--format", "json"]);
  assert.equal(JSON.parse(again.stdout).refs.length, 2);
  // Now it is somewhere else, and only the logs go.
  const pruned = await operator.bottle(["archive", "prune", "one", "--format", "json"]);
  assert.deepEqual(
    JSON.parse(pruned.stdout).map((row: { id: string; removed: boolean }) => [row.id, row.removed]),
    [[id, true]],
  );
  assert.deepEqual(await listed(operator), []);
  assert.match((await operator.bottle(["archive", "restore", "one"])).stderr, /BOTTLE_NOT_FOUND/);
});

test("prune of the archive leaves work alone that is nowhere else, until it is told to discard it", {
  skip,
}, async () => {
  using operator = newOperator();
  makeRepository(operator);
  const work = await removed(operator, "work", COMMIT);
  const none = await removed(operator, "none", "echo just words");
  assert.deepEqual(none.bundles, []);
  assert.match((await operator.bottle(["archive", "prune"])).stderr, /nothing in the archive is older than 30 days/);
  for (const { folder } of [work, none]) utimesSync(folder, 1e9, 1e9);
  const shown = await operator.bottle(["archive", "prune", "--dry-run"]);
  assert.match(shown.stdout, /^WOULD REMOVE +SIZE\nnone-\d/);
  assert.match(shown.stderr, /work-\S+ stays: its work is nowhere else/);
  assert.equal((await listed(operator)).length, 2, "a dry run removes nothing");
  assert.equal((await operator.bottle(["archive", "prune", "--older-than", "9"])).code, 0);
  assert.deepEqual(
    (await listed(operator)).map(({ id }) => id),
    [work.id],
  );
  // A repository that is gone holds nothing.
  renameSync(join(operator.workspace, ".git"), join(operator.workspace, "git-away"));
  const blocked = await operator.bottle(["archive", "restore", "work"]);
  assert.match(blocked.stderr, /\[WORK_BLOCKED\]/);
  await operator.bottle(["archive", "prune", "--older-than", "0"]);
  assert.equal((await listed(operator)).length, 1);
  assert.equal((await operator.bottle(["archive", "prune", "work", "--discard"])).code, 0);
  assert.deepEqual(await listed(operator), []);
});

test("a plain folder's files come back into a new folder, which git can read; the transcript is read from the archive", {
  skip,
}, async () => {
  using operator = newOperator();
  const { id, folder } = await removed(operator, "plain", "echo said; echo more >> README; mkdir d; echo x > d/y");
  const logs = await operator.bottle(["logs", "plain"]);
  assert.deepEqual([logs.stdout, logs.code], ["said\n", 0], logs.stderr);
  assert.match(logs.stderr, /plain was removed; this is its transcript/);
  assert.ok(readdirSync(folder).includes("agent.log"));
  const nameless = await operator.bottle(["archive", "restore", "plain"]);
  assert.deepEqual([nameless.code, /bottle archive restore \S+ FOLDER/.test(nameless.stderr)], [2, true]);
  const target = join(operator.home, "back");
  const restored = await operator.bottle(["archive", "restore", id, target]);
  assert.equal(restored.code, 0, restored.stderr);
  assert.equal(readFileSync(join(target, "README"), "utf8"), "a project\nmore\n");
  assert.equal(readFileSync(join(target, "d/y"), "utf8"), "x\n");
  const status = spawnSync("git", ["-C", target, "status", "--porcelain"], { env: operator.env, encoding: "utf8" });
  assert.deepEqual([status.status, status.stdout], [0, ""], status.stderr);
  const full = await operator.bottle(["archive", "restore", id, target]);
  assert.match(full.stderr, /exists \[USAGE\]/);
  const nowhere = join(operator.home, "a/b");
  assert.match((await operator.bottle(["archive", "restore", id, nowhere])).stderr, /cannot be made \[USAGE\]/);
  assert.equal(existsSync(nowhere), false);
});

test("what is damaged or strange in the archive is said, or passed over, and keeps nothing else away", {
  skip,
}, async () => {
  using operator = newOperator();
  makeRepository(operator);
  const { id, folder } = await removed(operator, "one", COMMIT);
  const archive = join(folder, "..");
  mkdirSync(join(archive, "no name of ours"));
  writeFileSync(join(archive, "file-20250101T000000000Z"), "a file");
  assert.deepEqual(
    (await listed(operator)).map((bottle) => bottle.id),
    [id],
  );
  writeFileSync(join(folder, "record.json"), "{");
  assert.match((await operator.bottle(["archive", "ls"])).stdout, new RegExp(`^${id} +- +- +-`, "m"));
  const bundle = join(folder, "work.bundle");
  writeFileSync(bundle, readFileSync(bundle).subarray(0, -40));
  const broken = await operator.bottle(["archive", "restore", "one"]);
  assert.deepEqual([broken.code, /\[GIT_FAILED\]/.test(broken.stderr)], [4, true], broken.stderr);
  for (const words of [
    [],
    ["nothing"],
    ["restore"],
    ["ls", "x"],
    ["prune", "a", "b"],
    ["prune", "--older-than", "x"],
  ]) {
    assert.equal((await operator.bottle(["archive", ...words])).code, 2, words.join(" "));
  }
});
