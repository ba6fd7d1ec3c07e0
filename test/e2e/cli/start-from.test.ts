import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { remainsOf } from "../../support/remains.ts";

const skip = skipWithout("bubblewrap", "perl");

interface Row {
  line: number;
  name: string;
  outcome: string;
  exitCode?: number;
  before?: boolean;
}

function write(operator: Operator, ...lines: readonly (object | string)[]): string {
  const file = join(operator.home, "tasks.jsonl");
  writeFileSync(file, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return file;
}

const words = (file: string, ...more: readonly string[]) => [
  ...["start", "shell", "--without-cgroup", "--from", file, "--format", "json"],
  ...more,
];
const rowsOf = ({ stdout }: { stdout: string }): Row[] => JSON.parse(stdout);
const list = async (
  operator: Operator,
): Promise<{ name: string; state: string; labels: { [key: string]: string } }[]> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout);

test("a list of tasks runs in bottles of their own; the same list again runs nothing twice", { skip }, async () => {
  using operator = newOperator();
  const file = write(
    operator,
    { prompt: "echo $0 one; echo one > out" },
    { prompt: "exit 3", labels: { team: "core" }, name: "third" },
    { prompt: "echo $0 one; echo one > out" },
  );
  const run = await operator.bottle(words(file, "--parallel", "2", "--label", "batch=a"));
  assert.equal(run.code, 1, run.stderr);
  assert.deepEqual(
    rowsOf(run).map(({ line, outcome, exitCode, before }) => [line, outcome, exitCode, before]),
    [
      [1, "ended", 0, false],
      [2, "ended", 3, false],
      [3, "ended", 0, false],
    ],
  );
  const bottles = await list(operator);
  assert.equal(bottles.length, 3, "two lines that say the same are two tasks");
  assert.ok(bottles.every(({ labels }) => labels.batch === "a"));
  assert.equal(bottles.find(({ name }) => name === "third")?.labels.team, "core");
  const again = await operator.bottle(words(file, "--label", "batch=a"));
  assert.ok(rowsOf(again).every(({ before }) => before === true));
  assert.equal((await operator.bottle(["rm", "third"])).code, 0);
  const archived = await operator.bottle(words(file, "--label", "batch=a"));
  assert.deepEqual(rowsOf(archived)[1]?.exitCode, 3, "one that was removed has run all the same");
  const other = await operator.bottle(words(write(operator, { prompt: "true", name: "third" })));
  assert.match(other.stderr, /tasks\.jsonl:1: a bottle called third is there, of another task/);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});

test("what is wrong in any line is told with its number, before anything is started", { skip }, async () => {
  using operator = newOperator();
  const file = write(
    operator,
    { prompt: "true" },
    "nonsense",
    { promt: "true" },
    { prompt: "true", agent: "claud" },
    { prompt: "true", path: "nowhere" },
    { prompt: "true", path: "nowhere", name: "x" },
  );
  const run = await operator.bottle(words(file));
  assert.equal(run.code, 2);
  assert.deepEqual(
    run.stderr.split("\n").flatMap((line) => /jsonl:(\d+): (\S+ \S+ \S+)/.exec(line)?.slice(1).join(" ") ?? []),
    [
      "2 is not JSON:",
      '3 the key "promt"',
      "3 has no prompt",
      "4 no agent is",
      `5 ${join(operator.workspace, "nowhere")} does not`,
      `6 ${join(operator.workspace, "nowhere")} does not`,
    ],
  );
  assert.deepEqual(await list(operator), []);
  for (const bad of [
    ["--parallel", "0"],
    ["--parallel", "x"],
    ["-p", "x"],
    ["--name", "x"],
  ]) {
    assert.equal((await operator.bottle(words(file, ...bad))).code, 2, bad.join(" "));
  }
  const gone = await operator.bottle(words(join(operator.home, "none")));
  assert.match(gone.stderr, /none does not exist \[USAGE\]/);
});

test("a line names its agent where the command line names none", { skip }, async () => {
  using operator = newOperator();
  const start = (file: string) => operator.bottle(["start", "--without-cgroup", "--from", file, "--format", "json"]);
  const run = await start(write(operator, { prompt: "exit 4", agent: "shell" }));
  assert.deepEqual(rowsOf(run)[0]?.exitCode, 4, run.stderr);
  const without = await start(write(operator, { prompt: "exit 4", agent: "shell" }, { prompt: "exit 5" }));
  assert.equal(without.code, 2);
  assert.match(without.stderr, /tasks\.jsonl:2: no agent is named/);
  assert.equal((await operator.bottle(["start"])).code, 2);
});

test("Ctrl-C starts nothing more and lets run what runs; the same command follows it and starts the rest", {
  skip,
}, async () => {
  using operator = newOperator();
  const gate = join(operator.workspace, "gate");
  const prompt = "echo up; while [ ! -e gate ]; do sleep 0.1; done; exit 0";
  const file = write(operator, { prompt, name: "first", workspace: "bind" }, { prompt: "true", name: "second" });
  const queue = operator.spawn(words(file, "--parallel", "1"));
  queue.stdin?.end();
  let stdout = "";
  queue.stdout?.on("data", (piece) => (stdout += String(piece)));
  queue.stderr?.resume();
  const closed = new Promise((resolve) => queue.once("close", resolve));
  await eventually("the first runs", async () => (await list(operator)).some(({ state }) => state === "running"));
  queue.kill("SIGINT");
  assert.equal(await closed, 130);
  assert.deepEqual(
    rowsOf({ stdout }).map(({ name, outcome }) => [name, outcome]),
    [
      ["first", "running"],
      ["second", "waiting"],
    ],
  );
  assert.deepEqual(
    (await list(operator)).map(({ name, state }) => [name, state]),
    [["first", "running"]],
  );
  const again = operator.bottle(words(file, "--parallel", "1"));
  writeFileSync(gate, "");
  const run = await again;
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    rowsOf(run).map(({ name, outcome, exitCode }) => [name, outcome, exitCode]),
    [
      ["first", "ended", 0],
      ["second", "ended", 0],
    ],
  );
  const log = join(operator.home, ".local/state/bot-bottle/bottles/first/agent.log");
  assert.equal(readFileSync(log, "utf8"), "up\n", "it was begun once");
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  assert.deepEqual(await remainsOf(operator, ["first", "second"]), []);
});

test("a task whose start was cut off begins anew with the same list", { skip }, async () => {
  using operator = newOperator();
  const file = write(operator, { prompt: "echo up", name: "cut" });
  const record = join(operator.home, ".local/state/bot-bottle/bottles/cut/record.json");
  const queue = operator.spawn(words(file));
  queue.stdin?.end();
  queue.stdout?.resume();
  queue.stderr?.resume();
  await eventually("its start has begun", () => Promise.resolve(existsSync(record)));
  queue.kill("SIGKILL");
  await eventually("its start has failed", async () => (await list(operator)).some(({ state }) => state === "failed"));
  const again = await operator.bottle(words(file));
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(
    rowsOf(again).map(({ outcome, exitCode, before }) => [outcome, exitCode, before]),
    [["ended", 0, false]],
  );
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  assert.deepEqual(await remainsOf(operator, ["cut"]), []);
});

test("--dry-run of a list starts nothing and says how far each task is", { skip }, async () => {
  using operator = newOperator();
  const file = write(operator, { prompt: "exit 4", name: "first" });
  assert.equal((await operator.bottle(words(file))).code, 1);
  const dry = await operator.bottle(
    words(write(operator, { prompt: "exit 4", name: "first" }, { prompt: "true", name: "second" }), "--dry-run"),
  );
  assert.equal(dry.code, 0, dry.stderr);
  assert.deepEqual(
    rowsOf(dry).map(({ name, outcome, exitCode }) => [name, outcome, exitCode]),
    [
      ["first", "ended", 4],
      ["second", "waiting", undefined],
    ],
  );
  assert.equal((await list(operator)).length, 1);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});
