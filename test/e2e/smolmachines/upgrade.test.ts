import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";
import { namesOf, smolvmWorld } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "git");

test("a fake smolvm that is upgraded while bottles run deletes their machines all the same, after kill -9 too", {
  skip,
  timeout: 240_000,
}, async () => {
  using operator = newOperator();
  makeRepository(operator);
  const world = smolvmWorld("1.0.1");
  const become = (version: string) => {
    const text = readFileSync(world.program, "utf8").replace(/STAND_IN_VERSION=\S+/, `STAND_IN_VERSION=${version}`);
    writeFileSync(world.program, text);
  };
  try {
    const env = namesOf(world);
    const running = async (name: string) => {
      become("1.0.1");
      const child = operator.spawn(["start", "shell", "--name", name, "-p", "echo up; read over"], env);
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
      }
      const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
      await eventually("the agent runs", () => said.includes("up"));
      become("1.9.3");
      return { child, closed, said: () => said };
    };
    const one = await running("one");
    one.child.stdin?.end();
    await one.closed;
    assert.doesNotMatch(one.said(), /could be undone/);
    const two = await running("two");
    two.child.kill("SIGKILL");
    await two.closed;
    await eventually("no machine is left", async () => {
      const { stdout, stderr } = await operator.bottle(["prune", "--dry-run"], { env });
      return !`${stdout}${stderr}`.includes("bb_cage_");
    });
    assert.equal((await operator.bottle(["prune", "--all"], { env })).code, 0);
  } finally {
    world.dispose();
  }
});
