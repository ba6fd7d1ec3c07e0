import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

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

const inShell = (operator: Operator, script: string, ...args: readonly string[]) =>
  spawnSync("sh", ["-c", script, "sh", ...operator.words, ...args], {
    cwd: operator.workspace,
    env: operator.env,
    encoding: "utf8",
    timeout: 60_000,
  });
const stateOf = async (operator: Operator): Promise<string> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout)[0]?.state;
const runFolders = (operator: Operator) => readdirSync(join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle"));

test("data that cannot be written is one clear line and no success", () => {
  using operator = newOperator();
  for (const words of [["ls", "--format", "json"], ["prune", "--format", "json"], ["--version"]]) {
    const { status, stderr } = inShell(operator, `"$@" > /dev/full`, ...words);
    assert.equal(status, 4, stderr);
    assert.match(stderr, /^bottle: stdout cannot be written: ENOSPC[^\n]*\n$/);
  }
});

test("an agent whose output the disk does not take runs to its end, and its bottle is closed in order", {
  skip: skipWithout("bubblewrap", "perl"),
}, async () => {
  using operator = newOperator();
  const script = `"$@" > /dev/full`;
  const { status, stderr } = inShell(
    operator,
    script,
    "start",
    "shell",
    "--name",
    "loud",
    "-p",
    "seq 1 100000; exit 0",
  );
  assert.equal(status, 125, stderr);
  assert.equal(stderr.match(/stdout cannot be written/g)?.length, 1, stderr);
  assert.match(stderr, /loud ended with exit 0/);
  assert.equal(await stateOf(operator), "exited");
  assert.deepEqual(runFolders(operator), []);
  assert.equal((await operator.bottle(["rm", "loud"])).code, 0);
});

test("a bug of ours ends the run with its code, and only after the bottle was undone", {
  skip: skipWithout("bubblewrap", "perl"),
}, async () => {
  using operator = newOperator();
  const bug = "process.on('SIGUSR2', () => { throw new Error('injected'); })";
  const agent = operator.spawn(["start", "shell", "--name", "broken", "-p", "sleep 600.625"], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}`,
  });
  let stderr = "";
  agent.stderr?.on("data", (piece) => (stderr += String(piece)));
  const code = new Promise<number | null>((resolve) => agent.once("close", resolve));
  await eventually("the bottle runs", async () => (await stateOf(operator)) === "running");
  agent.kill("SIGUSR2");
  assert.equal(await code, 70);
  assert.match(stderr, /this is a bug in bot-bottle[\s\S]*injected/);
  assert.equal(await stateOf(operator), "exited");
  assert.deepEqual(runFolders(operator), []);
  assert.equal((await operator.bottle(["rm", "broken"])).code, 0);
});

test("a umask that keeps even the owner out closes nothing of ours", {
  skip: skipWithout("bubblewrap", "perl"),
}, async () => {
  using operator = newOperator();
  const words = ["start", "shell", "--name", "masked", "-p", "echo it ran"];
  const ran = inShell(operator, `umask 777; "$@"`, ...words);
  assert.equal(ran.stdout, "it ran\n", ran.stderr);
  const folder = join(operator.home, ".local/state/bot-bottle/bottles/masked");
  for (const path of [folder, ...globSync(join(folder, "*.*"))]) {
    const stat = statSync(path);
    assert.equal(stat.mode & 0o777, stat.isDirectory() ? 0o700 : 0o600, path);
  }
  assert.equal((await operator.bottle(["rm", "masked"])).code, 0);
});
