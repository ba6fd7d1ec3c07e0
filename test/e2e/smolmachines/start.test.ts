import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";
import { namesOf, smolvmWorld } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "git");

test("over a fake smolvm: start, diff, apply, resume, kill -9, prune; nothing but the gateway is reached", {
  skip,
  timeout: 240_000,
}, async () => {
  using operator = newOperator();
  makeRepository(operator);
  const world = smolvmWorld("1.9.3");
  try {
    const env = namesOf(world);
    const bottle = (...args: readonly string[]) => operator.bottle(args, { env });
    const machines = () =>
      operator.bottle(["prune", "--dry-run"], { env }).then(({ stdout, stderr }) => `${stdout}${stderr}`);

    const ask = "curl -sS -o /dev/null -w '%{http_code}' http://unlisted.invalid/";
    const started = await bottle("start", "shell", "--name", "one", "-p", `echo made >made; ${ask}; exit 3`);
    assert.equal(started.code, 3, started.stderr);
    assert.equal(started.stdout.trim(), "403");
    assert.match((await bottle("diff", "one")).stdout, /\+made/);
    assert.equal((await bottle("apply", "one")).code, 0);
    assert.equal(readFileSync(join(operator.workspace, "made"), "utf8"), "made\n");
    const again = await bottle("resume", "one", "-p", "cat made");
    assert.deepEqual([again.code, again.stdout.trim()], [0, "made"], again.stderr);

    const held = operator.spawn(["start", "shell", "--name", "two", "-p", "echo up; sleep 300"], env);
    let said = "";
    held.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await eventually("the agent runs", () => said.includes("up"));
    const closed = new Promise((resolve) => held.once("close", resolve));
    held.kill("SIGKILL");
    await closed;
    await eventually("its machine is gone", async () => !(await machines()).includes("bb_cage_two"));
    const pruned = await bottle("prune", "--all");
    assert.equal(pruned.code, 0, pruned.stderr);
    assert.equal((await bottle("ls", "--format", "json")).stdout.trim(), "[]");
  } finally {
    world.dispose();
  }
});
