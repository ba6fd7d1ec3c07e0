import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { end, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "curl");

interface Told {
  readonly event: string;
  readonly bottle: string;
  readonly text: string;
  readonly command: string | null;
  readonly exitCode: number | null;
  readonly more: number;
}

/** A notify command that keeps what it was told, one line each, and its environment; `then` is what it does after. */
function hookOf(operator: Operator, then = ""): { readonly path: string; told(): readonly Told[]; env(): string } {
  const path = join(operator.home, "hook");
  const [log, env] = [join(operator.home, "told"), join(operator.home, "told-env")];
  writeFileSync(path, `#!/bin/sh\nenv >${env}\ncat >>${log}\n${then}\n`);
  chmodSync(path, 0o755);
  return {
    path,
    told: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .trim()
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as Told)
        : [],
    env: () => readFileSync(env, "utf8"),
  };
}

const manifest = (notify: object) => JSON.stringify({ notify });

test("the notify command is told how an agent ended: once, with its words in variables and no secret of the environment", {
  skip,
}, async () => {
  using operator = newOperator();
  const hook = hookOf(operator);
  operator.writeManifest(manifest({ command: [hook.path, "an argument"] }));
  const env = { ANTHROPIC_API_KEY: "sk-ant-not-for-the-hook" };
  assert.equal((await operator.bottle(["start", "shell", "--name", "a", "-p", "exit 3"], { env })).code, 3);
  assert.deepEqual(hook.told(), [
    {
      schema: 1,
      event: "finished",
      bottle: "a",
      text: "a finished with exit 3",
      command: "bottle diff a",
      exitCode: 3,
      more: 0,
    },
  ]);
  for (const line of ["EVENT=finished", "NAME=a", "TEXT=a finished with exit 3", "COMMAND=bottle diff a", "EXIT=3"])
    assert.match(hook.env(), new RegExp(`^BOTTLE_${line}$`, "m"));
  assert.doesNotMatch(hook.env(), /not-for-the-hook/);
  // The agent's own end by a signal is a crash; one that was wanted is none.
  assert.equal((await operator.bottle(["resume", "a", "-p", "kill -9 $$"])).code, 137);
  assert.deepEqual([hook.told()[1]?.event, hook.told()[1]?.exitCode], ["crashed", 137]);
  assert.equal((await operator.bottle(["resume", "a", "-d", "-p", "sleep 300"])).code, 0);
  assert.equal((await operator.bottle(["stop", "a", "--grace", "0"])).code, 0);
  await eventually("its end is told", () => hook.told().length === 3);
  assert.match(hook.told()[2]?.text ?? "", /^a was ended, exit 1\d\d$/);
  assert.equal((await operator.bottle(["resume", "a", "--no-notify", "-p", "true"])).code, 0);
  assert.equal(hook.told().length, 3);
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("a request that waits is told at once, others of the same minute are not told one by one, and stalled is told once", {
  skip,
}, async (t) => {
  using world = await openWorld(t, { default: "ask" }, "", (operator) => ({
    notify: { command: [hookOf(operator).path], stallMinutes: 0.02 },
  }));
  const hook = hookOf(world.operator);
  await eventually("it has stalled", () => hook.told().length > 0);
  assert.equal(hook.told()[0]?.text, "one has been quiet for 1 min");
  const asked = [1, 2, 3, 4].map((n) => world.curl(url(`/n${n}`)));
  await world.waiting(4);
  await eventually("it is told", () => hook.told().some(({ event }) => event === "approval"));
  const approvals = hook.told().filter(({ event }) => event === "approval");
  assert.deepEqual(
    approvals.map(({ text, command }) => [text, command]),
    [["one asks: GET stand.example.com:80", "bottle approvals one"]],
  );
  await end(world);
  await Promise.all(asked);
});

test("kill -9 of the host process is told by who waits for it", { skip }, async () => {
  using operator = newOperator();
  const hook = hookOf(operator);
  operator.writeManifest(manifest({ command: [hook.path] }));
  assert.equal((await operator.bottle(["start", "shell", "-d", "--name", "lost", "-p", "sleep 300"])).code, 0);
  const record = join(operator.home, ".local/state/bot-bottle/bottles/lost/record.json");
  const { host } = JSON.parse(readFileSync(record, "utf8")) as { host: { pid: number } };
  process.kill(host.pid, "SIGKILL");
  await eventually("it is told", () => hook.told().length > 0);
  assert.deepEqual(
    hook.told().map(({ event, text, command }) => [event, text, command]),
    [["crashed", "lost crashed: its host process was killed", "bottle recover lost"]],
  );
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});

test("a low disk is told once for all bottles, and a notify command that fails or hangs changes nothing of the bottle", {
  skip,
}, async () => {
  using operator = newOperator();
  const hook = hookOf(operator, "exit 7");
  operator.writeManifest(
    manifest({ command: [hook.path], diskFree: "1000T", stallMinutes: 0.02, events: ["disk-low"] }),
  );
  const start = (name: string, prompt: string) =>
    operator.bottle(["start", "shell", "--without-cgroup", "--name", name, "-p", prompt]);
  const first = operator.bottle(["start", "shell", "-d", "--name", "a", "-p", "sleep 300"]);
  assert.equal((await first).code, 0);
  await eventually("it is told", () => hook.told().length > 0);
  assert.match(hook.told()[0]?.text ?? "", /^a has \d+ MiB of disk left/);
  const second = await start("b", "sleep 3");
  assert.equal(second.code, 0, second.stderr);
  assert.equal(hook.told().length, 1);
  const log = join(operator.home, ".local/state/bot-bottle/bottles/a/host.log");
  await eventually(
    "the failure is written down",
    () => existsSync(log) && /exit code 7/.test(readFileSync(log, "utf8")),
  );
  assert.equal((await operator.bottle(["stop", "a", "--grace", "0"])).code, 0);
  operator.writeManifest(manifest({ command: [join(operator.home, "missing")] }));
  const missing = await start("c", "exit 4");
  assert.equal(missing.code, 4);
  assert.match(missing.stderr, /^bottle: the notify command (?:cannot be run|ended with exit code 127)$/m);
  for (const name of ["a", "b", "c"]) assert.equal((await operator.bottle(["rm", name])).code, 0);
});

test("a notify command that is not there is named by the start and by doctor, not only by the log of an end", {
  skip,
}, async () => {
  using operator = newOperator();
  const hook = hookOf(operator);
  const missing = join(operator.home, "no-such-hook");
  operator.writeManifest(manifest({ command: [missing] }));
  const told = `the notify command tells nobody: ${missing} is not there`;
  const started = await operator.bottle(["start", "shell", "--name", "a", "-d", "-p", "exit 3"]);
  assert.equal(started.code, 0);
  assert.ok(started.stderr.includes(`bottle: note: ${told}`), started.stderr);
  assert.ok((await operator.bottle(["doctor"])).stdout.includes(`warn  notify: ${told}`));
  chmodSync(hook.path, 0o644);
  operator.writeManifest(manifest({ command: [hook.path] }));
  // Root may run no file either that nobody may.
  assert.match((await operator.bottle(["doctor"])).stdout, /^warn {2}notify: .* cannot be run$/m);
  chmodSync(hook.path, 0o755);
  assert.match((await operator.bottle(["doctor"])).stdout, /^ok {4}notify: notices go to /m);
  assert.equal((await operator.bottle(["wait", "a"])).code, 3);
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("row 141: a project's file names no notify command, trusted or not", { skip }, async () => {
  using operator = newOperator();
  const hook = hookOf(operator);
  writeFileSync(join(operator.workspace, "bot-bottle.json"), manifest({ command: [hook.path] }));
  await operator.bottle(["trust", "--yes"]);
  const run = await operator.bottle(["start", "shell", "--name", "a", "-p", "true"]);
  assert.deepEqual(hook.told(), []);
  assert.match(run.stderr, /notify/);
  if (run.code === 0) assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});
