/**
 * Many bottles at one moment. Few by default; the full number: BOT_BOTTLE_BURST=50 npm test --
 * test/faults/session/burst.test.ts
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { remainsOf } from "../../support/remains.ts";

const skip = skipWithout("bubblewrap", "perl");
const COUNT = Number(process.env.BOT_BOTTLE_BURST ?? 8);

test(`${COUNT} starts at one moment: each has its own bottle, all run at once, one stop ends all, nothing is left`, {
  skip,
  timeout: 60_000 + COUNT * 20_000,
}, async () => {
  using operator = newOperator();
  const names = Array.from({ length: COUNT }, (_, index) => `burst-${process.pid}-${index}`);
  const start = (name: string) =>
    operator.bottle(["start", "shell", "--without-cgroup", "--name", name, "-d", "-p", "cat README; sleep 600"]);
  const runs = await Promise.all(names.map(start));
  for (const [index, { code, stdout, stderr }] of runs.entries()) {
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${names[index]}\n`);
  }
  const rows = async (): Promise<{ name: string; state: string }[]> =>
    JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout);
  assert.deepEqual(
    (await rows()).filter(({ state }) => state === "running").map(({ name }) => name),
    names.toSorted(),
  );
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  assert.equal(readdirSync(runtime).length, COUNT, "each has a runtime folder of its own");
  const bottles = join(operator.home, ".local/state/bot-bottle/bottles");
  for (const name of names) {
    const log = join(bottles, name, "agent.log");
    await eventually(`${name} has its files`, () => existsSync(log) && readFileSync(log, "utf8") === "a project\n");
  }
  const stopped = await operator.bottle(["stop", "--grace", "1", ...names]);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.deepEqual([...new Set((await rows()).map(({ state }) => state))], ["exited"]);
  assert.deepEqual(await remainsOf(operator, names), []);
  const removed = await operator.bottle(["rm", ...names]);
  assert.equal(removed.code, 0, removed.stderr);
  assert.deepEqual(await rows(), []);
});

test("many starts of one name at one moment: one gets it, the others are told, and nothing is left of them", {
  skip,
}, async () => {
  using operator = newOperator();
  const start = () => operator.bottle(["start", "shell", "--without-cgroup", "--name", "same", "-p", "echo ran"]);
  const runs = await Promise.all(Array.from({ length: 6 }, start));
  assert.deepEqual(runs.map(({ code }) => code).sort(), [0, 2, 2, 2, 2, 2]);
  for (const { code, stderr } of runs) if (code === 2) assert.match(stderr, /\[NAME_TAKEN\]/);
  const folder = join(operator.home, ".local/state/bot-bottle/bottles");
  assert.deepEqual(readdirSync(folder), ["same"]);
  assert.equal(readFileSync(join(folder, "same/agent.log"), "utf8"), "ran\n");
  assert.deepEqual(await remainsOf(operator, ["same"]), []);
  assert.equal((await operator.bottle(["rm", "same"])).code, 0);
});
