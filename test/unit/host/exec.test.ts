import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import { exitCode, run } from "../../../src/host/exec.ts";
import { judgeCgroups } from "../../../src/host/facts.ts";
import { identify, isPresent, isRunning, readProcess, signalProcess } from "../../../src/host/process-identity.ts";

const sh = (script: string, env: Record<string, string> = {}) => ({ argv: ["/bin/sh", "-c", script], env });

test("a command has exactly the environment that it names, and a session of its own", async () => {
  process.env.EXEC_TEST = "leak";
  const { stdout } = await run({ argv: ["/usr/bin/env"], env: { A: "1" } });
  delete process.env.EXEC_TEST;
  assert.equal(stdout.toString(), "A=1\n");
  const session = (await run(sh("cut -d' ' -f6 /proc/self/stat"))).stdout.toString().trim();
  const own = (await run(sh(`cut -d' ' -f6 /proc/${process.pid}/stat`))).stdout.toString().trim();
  assert.notEqual(session, own);
});

test("exit codes are data; signals are 128+n", async () => {
  assert.equal((await run(sh("exit 9"))).code, 9);
  assert.equal((await run(sh("kill -9 $$"))).code, 137);
  assert.equal(exitCode(null, "SIGTERM"), 143);
});

test("row 145: a program that cannot be started is a typed error; a relative one is our own mistake", async () => {
  await assert.rejects(
    run({ argv: ["/nonexistent"], env: {} }),
    (error) => error instanceof BottleError && error.code === "HOST_UNFIT",
  );
  await assert.rejects(
    run({ argv: ["ls"], env: {} }),
    (error) => error instanceof BottleError && error.code === "INVARIANT",
  );
  await assert.rejects(run({ argv: [], env: {} }), BottleError);
});

test("output beyond the cap is dropped and said so", async () => {
  const result = await run(sh("head -c 100000 /dev/zero; echo e >&2"), { maxBytes: 1000 });
  assert.deepEqual(
    [result.code, result.stdout.length, result.stderr.toString(), result.truncated],
    [0, 1000, "e\n", true],
  );
  assert.equal((await run(sh("echo x"))).truncated, false);
});

test("a timeout kills the whole group; an abort too", async () => {
  const result = await run(sh("sleep 30 & sleep 30"), { timeoutMs: 100 });
  assert.deepEqual([result.code, result.timedOut], [137, true]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  assert.equal((await run(sh("sleep 30"), { signal: abort.signal })).code, 137);
  assert.equal((await run(sh("sleep 30"), { signal: AbortSignal.abort() })).code, 137);
});

test("a descendant that prints for ever is not read for ever: not beyond the cap, nor beyond the timeout", async () => {
  const printing = sh("yes & echo $! >&2; exec 2>&-; sleep 0.1");
  const ended: number[] = [];
  try {
    const capped = await run(printing, { maxBytes: 10, onStderr: (chunk) => void ended.push(Number(chunk)) });
    assert.deepEqual([capped.code, capped.truncated, capped.timedOut], [0, true, false]);
    const heard = { onStdout: () => undefined, onStderr: (chunk: Buffer) => void ended.push(Number(chunk)) };
    const { code, timedOut } = await run(printing, { timeoutMs: 1000, ...heard });
    assert.deepEqual([code, timedOut], [0, true]);
  } finally {
    for (const pid of ended) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Nobody reads what it prints: it has ended by that already (SIGPIPE).
      }
    }
  }
});

test("stdin may be bytes or a stream, also one that fails", async () => {
  assert.equal((await run(sh("cat"), { stdin: Buffer.from("a\0b") })).stdout.toString(), "a\0b");
  assert.equal((await run(sh("cat"), { stdin: Readable.from(["x", "y"]) })).stdout.toString(), "xy");
  const broken = new Readable({
    read() {
      this.destroy(new Error("gone"));
    },
  });
  assert.equal((await run(sh("cat"), { stdin: broken, timeoutMs: 5000 })).timedOut, false);
});

test("a stream that broke before it was given as stdin keeps nothing waiting", async () => {
  const broken = new PassThrough();
  broken.once("error", () => {});
  broken.destroy(new Error("gone"));
  await new Promise((closed) => broken.once("close", closed));
  const { timedOut } = await run(sh("cat"), { stdin: broken, timeoutMs: 5000 });
  assert.equal(timedOut, false);
});

test("row 153: a process is known by pid, start and boot", async () => {
  const child = spawn("/bin/sleep", ["30"]);
  const identity = identify(child.pid ?? 0);
  assert.ok(identity !== null && isRunning(identity) && isPresent(identity));
  assert.equal(isRunning({ ...identity, startTime: identity.startTime - 1 }), false);
  assert.equal(isRunning({ ...identity, bootId: "other" }), false);
  assert.equal(signalProcess({ ...identity, startTime: 1 }, "SIGKILL"), false);
  assert.ok(isRunning(identity));
  assert.equal(signalProcess(identity, "SIGKILL"), true);
  await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(isPresent(identity), false);
  assert.equal(identify(child.pid ?? 0), null);
});

test("a process name with parentheses and spaces does not confuse", async () => {
  const child = spawn("/bin/bash", ["-c", "printf ') R 1 (x' >/proc/self/comm; echo up; read -r _"]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const stat = readProcess(child.pid ?? 0);
  assert.equal(stat?.parent, process.pid);
  assert.equal(stat?.dead, false);
  child.stdin.end();
});

test("how control groups can be made: systemd first, then v1, then v2, else a reason", () => {
  const v1 =
    "1 0 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n2 0 0:1 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n3 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
  const v2 = "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  const base = {
    mountinfo: v1,
    own: "0::/user.slice/x\n",
    systemd: false,
    userBus: false,
    uid: 0,
    writable: () => true,
    controllers: () => ["cpu", "memory", "pids"],
  };
  assert.deepEqual(judgeCgroups(base), {
    kind: "v1",
    roots: { memory: "/sys/fs/cgroup/memory", pids: "/sys/fs/cgroup/pids", cpu: "/sys/fs/cgroup/cpu,cpuacct" },
  });
  assert.deepEqual(judgeCgroups({ ...base, mountinfo: v2 }), { kind: "v2", root: "/sys/fs/cgroup" });
  const delegated = (path: string) => path.endsWith("/x");
  assert.deepEqual(judgeCgroups({ ...base, mountinfo: v2, uid: 1, writable: delegated }), {
    kind: "v2",
    root: "/sys/fs/cgroup/user.slice/x",
  });
  assert.equal(judgeCgroups({ ...base, mountinfo: v2, controllers: () => ["cpu"] }).kind, "none");
  assert.equal(judgeCgroups({ ...base, writable: () => false }).kind, "none");
  assert.deepEqual(judgeCgroups({ ...base, systemd: true }), { kind: "systemd", scope: "system" });
  assert.deepEqual(judgeCgroups({ ...base, systemd: true, uid: 1, userBus: true }), { kind: "systemd", scope: "user" });
  assert.equal(judgeCgroups({ ...base, systemd: true, uid: 1 }).kind, "none");
  assert.equal(judgeCgroups({ ...base, mountinfo: "" }).kind, "none");
});
