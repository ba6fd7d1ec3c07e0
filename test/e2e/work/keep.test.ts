import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";

const skip = skipWithout("bubblewrap", "perl", "git");

function git(folder: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=Op", "-c", "user.email=op@example.test", "-c", "safe.directory=*"];
  const done = spawnSync("git", ["-C", folder, ...identity, ...args], { encoding: "utf8" });
  assert.equal(done.status, 0, `git ${args.join(" ")}: ${done.stderr}`);
  return done.stdout.trim();
}

/** An operator with a repository of one commit. */
function withRepository(): Operator {
  const operator = newOperator();
  makeRepository(operator);
  return operator;
}

const run = (operator: Operator, name: string, script: string, ...words: readonly string[]) =>
  operator.bottle(["start", "shell", "--name", name, ...words, "-p", script]);
const bundles = (operator: Operator) => globSync(join(operator.home, ".local/state/bot-bottle/archive/*/*.bundle"));
const COMMIT = "echo more >>README; git -c user.name=A -c user.email=a@b commit -qam agent; echo loose >loose.txt";

test("rm keeps commits and files that have not landed, and says how they come back", { skip }, async () => {
  using operator = withRepository();
  writeFileSync(join(operator.workspace, "mine.txt"), "not committed\n");
  await run(operator, "one", `${COMMIT}; git switch -qc side; git commit -q --allow-empty -m side; git switch -q main`);
  const removed = await operator.bottle(["rm", "one"]);
  assert.equal(removed.code, 0, removed.stderr);
  const [bundle = ""] = bundles(operator);
  assert.match(removed.stderr, /kept in .*work\.bundle; to have it back:\n {2}bottle archive restore one-\d{8}T\d+Z$/m);
  assert.ok(removed.stderr.includes(bundle));
  git(operator.workspace, "fetch", "-q", bundle, "refs/heads/*:refs/bottle/one/*");
  assert.equal(git(operator.workspace, "show", "refs/bottle/one/work:loose.txt"), "loose");
  assert.equal(git(operator.workspace, "show", "refs/bottle/one/work~1:README"), "a project\nmore");
  assert.equal(git(operator.workspace, "log", "-1", "--format=%s", "refs/bottle/one/branches/side"), "side");
});

test("what has landed, or is nothing, is not kept a second time", { skip }, async () => {
  using operator = withRepository();
  await run(operator, "one", COMMIT);
  const applied = await operator.bottle(["apply", "one"]);
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(readFileSync(join(operator.workspace, "loose.txt"), "utf8"), "loose\n");
  await run(operator, "two", "ls");
  for (const name of ["one", "two"]) {
    const removed = await operator.bottle(["rm", name]);
    assert.deepEqual([removed.code, removed.stderr], [0, ""]);
  }
  assert.deepEqual(bundles(operator), []);
});

test("start --rm keeps what has not landed; rm --discard drops it", { skip }, async () => {
  using operator = withRepository();
  const kept = await run(operator, "one", COMMIT, "--rm");
  assert.equal(kept.code, 0, kept.stderr);
  assert.match(kept.stderr, /work of one that had not landed is kept/);
  assert.equal(bundles(operator).length, 1);
  await run(operator, "two", COMMIT);
  assert.equal((await operator.bottle(["rm", "--discard", "two"])).code, 0);
  assert.equal(bundles(operator).length, 1);
});

test("a plain folder's work comes back by git clone", { skip }, async () => {
  using operator = newOperator();
  await run(operator, "one", "echo new >new.txt; echo more >>README");
  const removed = await operator.bottle(["rm", "one"]);
  assert.match(removed.stderr, /bottle archive restore one-\d+T\d+Z FOLDER$/m);
  const folder = join(operator.home, "back");
  git(operator.home, "clone", "-q", "--branch", "work", bundles(operator)[0] ?? "", folder);
  assert.equal(readFileSync(join(folder, "new.txt"), "utf8"), "new\n");
  assert.equal(readFileSync(join(folder, "README"), "utf8"), "a project\nmore\n");
});

test("a bottle whose work cannot be kept stays; prune --all says so and removes it", { skip }, async () => {
  using operator = withRepository();
  await run(operator, "one", COMMIT);
  writeFileSync(join(operator.home, ".local/state/bot-bottle/bottles/one/base.json"), "{");
  const refused = await operator.bottle(["rm", "one"]);
  assert.equal(refused.code, 5, refused.stderr);
  assert.match(refused.stderr, /has not landed and could not be kept[\s\S]*rm --discard one/);
  assert.match((await operator.bottle(["ls"])).stdout, /^one /m);
  const pruned = await operator.bottle(["prune", "--all"]);
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.match(pruned.stderr, /the work in one could not be kept/);
  assert.doesNotMatch((await operator.bottle(["ls"])).stdout, /^one /m);
});

test("the files are kept when the agent has broken its repository", { skip }, async () => {
  using operator = withRepository();
  await run(operator, "one", `${COMMIT}; find .git/objects -type f -delete`);
  assert.equal((await operator.bottle(["rm", "one"])).code, 0);
  git(operator.workspace, "fetch", "-q", bundles(operator)[0] ?? "", "refs/heads/*:refs/bottle/one/*");
  assert.equal(git(operator.workspace, "show", "refs/bottle/one/work:loose.txt"), "loose");
});

test("work is kept when the operator's repository is gone", { skip }, async () => {
  using operator = withRepository();
  await run(operator, "one", COMMIT);
  rmSync(join(operator.workspace, ".git"), { recursive: true });
  const removed = await operator.bottle(["rm", "one"]);
  assert.equal(removed.code, 0, removed.stderr);
  const folder = join(operator.home, "back");
  git(operator.home, "clone", "-q", "--branch", "work", bundles(operator)[0] ?? "", folder);
  assert.ok(existsSync(join(folder, "loose.txt")));
});
