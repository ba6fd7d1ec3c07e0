import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { identify } from "../../../src/host/process-identity.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");

interface Seen {
  ok: boolean;
  findings: { backend: string; id: string; level: string; message: string; mend?: string }[];
  fixed: string[];
}

const stateFolder = (operator: Operator) => join(operator.home, ".local/state/bot-bottle");

async function examine(operator: Operator, ...words: readonly string[]) {
  const run = await operator.bottle(["doctor", "--format", "json", ...words]);
  const { ok, findings, fixed } = JSON.parse(run.stdout) as Seen;
  return { ok, fixed, state: findings.filter(({ backend, level }) => backend === "state" && level !== "ok") };
}

test("doctor --fix removes what killed processes left, and touches no bottle, no work and nothing of the living", {
  skip,
}, async () => {
  using operator = newOperator();
  const words = ["start", "shell", "--without-cgroup", "--name", "lost", "-p", "echo work > w; echo up; sleep 600"];
  const child = operator.spawn(words);
  child.stdin?.end();
  let seen = "";
  child.stdout?.on("data", (piece) => (seen += String(piece)));
  await eventually("the agent is up", () => seen.includes("up\n"));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));

  const own = identify(process.pid);
  assert.ok(own);
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  const bottles = join(stateFolder(operator), "bottles");
  // A pid that another process has by now, with another start, is not the one that made the draft.
  const reused = join(bottles, `.new-${own.pid}-1-0123456789ab`);
  const living = join(bottles, `.new-${own.pid}-${own.startTime}-0123456789ab`);
  const dead = join(runtime, "4194304-1-abcdef");
  const alive = join(runtime, `${own.pid}-${own.startTime}-abcdef`);
  for (const folder of [reused, living, dead, alive]) mkdirSync(folder, { recursive: true });

  const before = await examine(operator);
  assert.deepEqual(before.fixed, []);
  const messages = before.state.map(({ message }) => message).join("\n");
  assert.match(messages, /host processes of bottles were killed: lost/);
  assert.match(messages, /draft of \.new-\d+-1-0123456789ab/);
  assert.ok(messages.includes(dead) && !messages.includes(alive) && !messages.includes(living));
  assert.ok(existsSync(reused) && existsSync(dead), "without --fix nothing is touched");

  const after = await examine(operator, "--fix");
  assert.ok(after.fixed.some((line) => line.includes(dead)));
  assert.deepEqual([reused, dead, living, alive].map(existsSync), [false, false, true, true]);
  assert.deepEqual(
    after.state
      .filter(({ message }) => !/cgroup|process/.test(message) || /lost$/.test(message))
      .map(({ id, mend }) => [id, mend]),
    [["bottles-lost", "bottle recover --all"]],
  );
  assert.match((await operator.bottle(["diff", "lost"])).stdout, /^\+work$/m);
  assert.match((await operator.bottle(["ls"])).stdout, /^lost .* lost /m);
  assert.equal((await operator.bottle(["rm", "--discard", "lost"])).code, 0);
});

test("doctor names a record that cannot be read, and a folder that is another's", { skip }, async () => {
  using operator = newOperator();
  const torn = join(stateFolder(operator), "bottles/torn");
  mkdirSync(torn, { recursive: true });
  writeFileSync(join(torn, "record.json"), "{");
  writeFileSync(join(stateFolder(operator), "archive"), "a file");
  const { ok, state } = await examine(operator, "--fix");
  assert.equal(ok, false);
  assert.deepEqual(
    state.filter(({ id }) => id !== "left-behind").map(({ id, level, mend }) => [id, level, mend]),
    [
      ["state-folder", "error", "move it away"],
      ["record-unreadable", "warning", "bottle rm --force torn"],
    ],
  );
  assert.equal(readFileSync(join(torn, "record.json"), "utf8"), "{");
});
