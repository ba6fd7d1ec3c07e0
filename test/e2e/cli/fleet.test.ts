import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { chownSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
interface Row {
  name: string;
  state: string;
  exitCode: number | null;
}

const list = async (operator: Operator): Promise<Row[]> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout);
const running = (operator: Operator, name: string) =>
  eventually(`${name} runs`, async () =>
    (await list(operator)).find((row) => row.name === name && row.state === "running"),
  );
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("close", resolve));
/** Seconds that no other process sleeps, not even one of the same test run elsewhere on this machine. */
const mark = (digit: string) => `600.${digit}${process.pid}`;
const processesWith = (mark: string) =>
  globSync("/proc/[0-9]*/cmdline").filter((file) => {
    try {
      return readFileSync(file, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
/** Nothing of a bottle is left but its folder. */
function assertGone(operator: Operator, name: string): void {
  assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/,*/*/}*${name}*`), []);
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  assert.deepEqual(readdirSync(runtime), [], `${name}: its runtime folder`);
}

test("ls, exec, logs, stop and rm of a running bottle", { skip }, async () => {
  using operator = newOperator();
  const agent = operator.spawn([
    "start",
    "shell",
    "--name",
    "worker",
    "--label",
    "team=a",
    "-p",
    `echo at work; sleep ${mark("1")}`,
  ]);
  const code = ended(agent);
  await running(operator, "worker");
  const exec = await operator.bottle(["exec", "worker", "--", "sh", "-c", "echo out; echo err >&2; cat; exit 3"]);
  assert.deepEqual([exec.code, exec.stdout, exec.stderr], [3, "out\n", "err\n"]);
  const piped = await operator.bottle(["exec", "-i", "worker", "cat"], { stdin: "binary\u0000bytes" });
  assert.equal(piped.stdout, "binary\u0000bytes");
  const same = await operator.bottle(["exec", "worker", "--", "cat", "/proc/self/status"]);
  assert.match(same.stdout, /^Seccomp:\s+2$/m);
  assert.match(same.stdout, /^CapBnd:\s+0+$/m);
  const cut = spawnSync("sh", ["-c", `"$@" exec worker -- yes | head -1`, "sh", ...operator.words], {
    env: operator.env,
    encoding: "utf8",
    timeout: 30_000,
  });
  assert.deepEqual([cut.status, cut.stdout], [0, "y\n"], "a reader that goes ends the command");
  await eventually("its output is logged", async () =>
    (await operator.bottle(["logs", "worker"])).stdout.includes("at work"),
  );
  assert.equal((await operator.bottle(["rm", "worker"])).code, 2, "a running bottle is not removed without --force");
  assert.equal((await operator.bottle(["stop", "worker", "--grace", "2"])).code, 0);
  assert.equal(await code, 143);
  assert.deepEqual(processesWith(mark("1")), []);
  assertGone(operator, "worker");
  const [row] = await list(operator);
  assert.deepEqual([row?.state, row?.exitCode], ["exited", 143]);
  assert.equal((await operator.bottle(["exec", "worker", "true"])).code, 2);
  assert.equal((await operator.bottle(["rm", "worker"])).code, 0);
  assert.deepEqual(await list(operator), []);
  const archive = join(operator.home, ".local/state/bot-bottle/archive");
  const [kept = ""] = readdirSync(archive);
  assert.ok(readdirSync(join(archive, kept)).includes("audit.jsonl"));
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test(`${signal} to the host process ends agent and cage and leaves nothing`, { skip }, async () => {
    using operator = newOperator();
    const seconds = mark(`${signal.length}${signal.charCodeAt(3)}`);
    const agent = operator.spawn(["start", "shell", "--name", "worker", "-p", `sleep ${seconds}`]);
    const code = ended(agent);
    await running(operator, "worker");
    agent.kill(signal);
    assert.equal(await code, 128 + constants.signals[signal]);
    assert.deepEqual(processesWith(seconds), []);
    assertGone(operator, "worker");
    assert.equal((await list(operator))[0]?.state, "exited");
    assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  });
}

test("a signal while the bottle is being made undoes what was made", { skip }, async () => {
  using operator = newOperator();
  for (const wait of ["record.json", "journal.jsonl", "policy.json"]) {
    const agent = operator.spawn(["start", "shell", "--name", "early", "-p", `sleep ${mark("2")}`]);
    const code = ended(agent);
    const file = join(operator.home, ".local/state/bot-bottle/bottles/early", wait);
    await eventually(wait, () => existsSync(file));
    agent.kill("SIGTERM");
    assert.equal(await code, 143, wait);
    assertGone(operator, "early");
    assert.deepEqual(processesWith(mark("2")), []);
    assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
    assert.deepEqual(await list(operator), []);
  }
});

test("row 134: kill -9 of the host process takes the cage with it; one prune removes the rest", { skip }, async () => {
  using operator = newOperator();
  const agent = operator.spawn([
    "start",
    "shell",
    "--name",
    "victim",
    "-p",
    `(setsid sleep ${mark("3")} &) ; sleep ${mark("3")}`,
  ]);
  const code = ended(agent);
  await running(operator, "victim");
  await eventually("the agent runs", () => processesWith(mark("3")).length >= 2);
  agent.kill("SIGKILL");
  await code;
  await eventually("the kernel ends the cage", () => processesWith(mark("3")).length === 0);
  assert.equal((await list(operator))[0]?.state, "lost");
  const shown = await operator.bottle(["prune", "--dry-run"]);
  assert.match(shown.stdout, /victim/);
  assert.equal((await list(operator))[0]?.state, "lost", "a dry run changes nothing");
  assert.equal((await operator.bottle(["prune"])).code, 0);
  assertGone(operator, "victim");
  assert.equal((await list(operator))[0]?.state, "failed");
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  assert.deepEqual(await list(operator), []);
});

test("prune removes the folder of a demo that was killed, and none of a demo that runs", { skip }, async () => {
  using operator = newOperator();
  const temp = join(operator.home, "tmp");
  mkdirSync(temp);
  const ended = spawnSync("true").pid;
  for (const pid of [ended, process.pid]) mkdirSync(join(temp, `bot-bottle-demo-${pid}-abc`));
  const env = { TMPDIR: temp };
  const shown = await operator.bottle(["prune", "--dry-run"], { env });
  assert.match(shown.stdout, /demo-\d+-abc +folder +- +- +of a demo that was killed/);
  assert.equal(readdirSync(temp).length, 2);
  assert.equal((await operator.bottle(["prune"], { env })).code, 0);
  assert.deepEqual(readdirSync(temp), [`bot-bottle-demo-${process.pid}-abc`]);
});

test("row 140: a folder that a running bottle is bound to, what is in it and around it, is bound to no other", {
  skip,
}, async () => {
  using operator = newOperator();
  const inner = join(operator.workspace, "inner");
  mkdirSync(inner);
  const { uid, gid } = statSync(operator.workspace);
  chownSync(inner, uid, gid);
  const bind = (path: string, ...more: string[]) => [
    "start",
    "shell",
    path,
    "--without-cgroup",
    "--workspace",
    "bind",
    ...more,
  ];
  const first = operator.spawn(bind(operator.workspace, "--name", "first", "-p", "sleep 600"));
  const code = ended(first);
  await running(operator, "first");
  const second = await operator.bottle(bind(inner, "--name", "second", "-p", "true"));
  assert.equal(second.code, 2);
  assert.match(second.stderr, /first, which runs, is bound to/);
  assert.deepEqual(
    (await list(operator)).map(({ name }) => name),
    ["first"],
    "what was refused leaves nothing",
  );
  assert.equal(
    (await operator.bottle(["start", "shell", inner, "--without-cgroup", "--rm", "-p", "true"])).code,
    0,
    "a copy is no bind",
  );
  await operator.bottle(["stop", "first", "--grace", "1"]);
  await code;
  const after = await operator.bottle(bind(inner, "--rm", "-p", "true"));
  assert.equal(after.code, 0, after.stderr);
  assert.equal((await operator.bottle(["rm", "first"])).code, 0);
});

test("two starts at once never share a name", { skip }, async () => {
  using operator = newOperator();
  const runs = await Promise.all(
    [1, 2].map(() => operator.bottle(["start", "shell", "--without-cgroup", "--name", "twin", "-p", "true"])),
  );
  assert.deepEqual(runs.map((run) => run.code).sort(), [0, 2]);
  assert.match(runs.map((run) => run.stderr).join(""), /a bottle called twin exists/);
  assert.equal((await operator.bottle(["rm", "twin"])).code, 0);
});

test("row 143: what an agent wrote goes, however deep and closed it is", { skip }, async () => {
  using operator = newOperator();
  const script =
    "mkdir -p a; cd a; for i in $(seq 300); do mkdir $(printf %0200d 1); cd $(printf %0200d 1) || break; done; cd /home/agent; mkdir closed; touch closed/f; chmod 000 closed; mkfifo pipe; ln -s / root";
  const run = await operator.bottle(["start", "shell", "--name", "deep", "-p", script]);
  assert.equal(run.code, 0, run.stderr);
  assert.equal((await operator.bottle(["rm", "deep"])).code, 0);
  assert.equal(existsSync(join(operator.home, ".local/state/bot-bottle/bottles/deep")), false);
});

test("two bottles of one name under two state folders run beside each other", { skip }, async (context) => {
  using operator = newOperator();
  const agent = operator.spawn(["start", "shell", "--without-cgroup", "--name", "twin", "-p", "sleep 600.5"]);
  context.after(() => agent.kill("SIGKILL"));
  const code = ended(agent);
  await running(operator, "twin");
  const env = { XDG_STATE_HOME: join(operator.home, "second") };
  const words = ["start", "shell", "--without-cgroup", "--rm", "--name", "twin", "-p", "true"];
  const second = await operator.bottle(words, { env });
  assert.equal(second.code, 0, second.stderr);
  assert.equal((await operator.bottle(["prune"], { env })).code, 0);
  assert.equal((await operator.bottle(["exec", "twin", "--", "echo", "still here"])).stdout, "still here\n");
  assert.equal(
    (await operator.bottle(["stop", "twin", "--grace", "1"])).code,
    0,
    "its control socket is still its own",
  );
  assert.equal(await code, 143);
});

test("stop of a host process that does not answer says so soon, and waits no longer than it says", {
  skip,
}, async (context) => {
  using operator = newOperator();
  const agent = operator.spawn(["start", "shell", "--name", "frozen", "-p", "sleep 600.375"]);
  context.after(() => agent.kill("SIGKILL"));
  const code = ended(agent);
  await running(operator, "frozen");
  agent.kill("SIGSTOP");
  const began = performance.now();
  const stop = operator.spawn(["stop", "frozen", "--grace", "1"]);
  const stopped = ended(stop);
  let said = "";
  stop.stderr?.on("data", (piece) => (said += String(piece)));
  await eventually("it says so", () => said.includes("kill -CONT"));
  assert.ok(performance.now() - began < 15_000);
  assert.match(said, new RegExp(`frozen, ${agent.pid}, does not answer[\\s\\S]*kill -CONT ${agent.pid}`));
  assert.match(said, new RegExp(`kill -KILL ${agent.pid}, then bottle recover --settle frozen`));
  agent.kill("SIGCONT");
  assert.equal(await stopped, 0, said);
  assert.equal(await code, 143);
  assert.equal((await operator.bottle(["rm", "frozen"])).code, 0);
});
