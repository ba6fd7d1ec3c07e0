/** A machine's life in the FAKE smolvm, release by release: what a driver must not stumble over. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { type Trial, trialOf } from "../../support/smolvm/trial.ts";
import type { SmolvmOptions } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl");
const trials: Trial[] = [];
after(async () => {
  for (const trial of trials) await trial.dispose();
});

function trial(version: string, options: SmolvmOptions = {}): Trial {
  const made = trialOf(version, {}, options);
  trials.push(made);
  return made;
}

/** A machine without an image, which runs. */
async function running(
  version: string,
  options: SmolvmOptions = {},
): Promise<{ readonly it: Trial; readonly pid: number }> {
  const it = trial(version, options);
  assert.equal((await it.create("one")).code, 0);
  const { out, err } = await it.start("one");
  const pid = Number(/running \(PID (\d+)\)/.exec(out)?.[1]);
  assert.ok(pid > 0, err);
  return { it, pid };
}

for (const [version, code] of [
  ["0.8.0", 0],
  ["0.8.1", 1],
] as const) {
  test(`stop of an unknown name ends with ${code} at ${version}`, async () => {
    assert.equal((await trial(version).call(["machine", "stop", "-n", "nobody"])).code, code);
  });
}

test("data-dir answers for any name at 0.8.0, and for known ones since 0.8.1", async () => {
  const old = await trial("0.8.0").call(["machine", "data-dir", "nobody"]);
  assert.deepEqual([old.code, /\/smolvm\/vms\/[0-9a-f]{16}\n$/.test(old.out)], [0, true]);
  assert.equal((await trial("0.8.1").call(["machine", "data-dir", "nobody"])).code, 1);
});

test("delete of a running machine leaves its VM process at 0.8.0, and ends it since 0.8.1", { skip }, async () => {
  const old = await running("0.8.0");
  assert.equal((await old.it.remove("one")).code, 0);
  assert.deepEqual(JSON.parse((await old.it.call(["machine", "ls", "--json"])).out), []);
  assert.deepEqual(old.it.vms(), [old.pid]);
  const now = await running("0.8.1");
  assert.equal((await now.it.remove("one")).code, 0);
  await eventually("the VM process is gone", () => now.it.vms().length === 0);
});

test("delete takes the disks from under the VM until 1.7.2, which waits for its end", { skip }, async () => {
  const old = await running("1.7.0");
  const now = await running("1.7.2");
  for (const { it } of [old, now]) it.world.set({ faults: "slow-stop=1500" });
  const folder = (await now.it.call(["machine", "data-dir", "-n", "one"])).out.trim();
  assert.ok(existsSync(folder));
  assert.equal((await old.it.remove("one")).code, 0);
  assert.deepEqual(old.it.vms(), [old.pid]);
  assert.equal((await now.it.remove("one")).code, 0);
  assert.deepEqual(now.it.vms(), []);
  assert.ok(!existsSync(folder));
});

test("a start that fails leaves its VM process until 1.5.0", { skip }, async () => {
  for (const [version, left] of [
    ["1.4.1", 1],
    ["1.5.0", 0],
  ] as const) {
    const it = trial(version, { faults: "failing-start=300" });
    assert.equal((await it.create("one", "-v", `${it.world.folder}:/x`, "-p", "8080:80")).code, 0);
    const { code, err } = await it.start("one");
    assert.ok(err.startsWith("Starting machine 'one' with 1 mount(s) and 1 port mapping(s)...\n"), err);
    assert.deepEqual([code, /^Error: agent operation failed: start machine: /m.test(err)], [1, true]);
    assert.equal(it.vms().length, left);
    assert.equal((await it.shown("one")).state, "created");
    it.world.set({});
    await it.call(["machine", "stop", "-n", "one"]);
    assert.equal((await it.remove("one")).code, 0);
    assert.equal(it.vms().length, left, "neither stop nor delete knows of it");
  }
});

test("of two starts at once the slower is said to be up too early, until 1.2.5", { skip }, async () => {
  for (const [version, early] of [
    ["1.2.3", true],
    ["1.2.5", false],
  ] as const) {
    const it = trial(version);
    assert.equal((await it.create("late")).code + (await it.create("quick")).code, 0);
    it.world.set({ faults: "slow-start=3000" });
    const late = it.start("late");
    await eventually("the slow one boots", () => it.vms().length === 1);
    it.world.set({});
    assert.equal((await it.start("quick")).code, 0);
    const { code, out } = await late;
    assert.deepEqual([code, /running/.test(out)], [0, true]);
    const first = await it.inside("late", "echo in");
    assert.deepEqual([first.code === 1, /is not running/.test(first.err)], [early, early]);
    await eventually("it does come up", async () => (await it.inside("late", "echo in")).out === "in\n");
  }
});

test("a start kills what looks unreachable", { skip }, async () => {
  const { it, pid } = await running("1.9.3");
  const again = await it.start("one");
  assert.match(again.out, new RegExp(`already running \\(PID ${pid}\\)`));
  it.world.set({ faults: "unreachable" });
  assert.equal((await it.shown("one")).state, "unreachable");
  assert.match((await it.call(["machine", "status", "-n", "one"])).out, /: unreachable\n$/);
  const { out } = await it.start("one");
  assert.match(out, /running \(PID \d+\)/);
  assert.ok(!it.vms().includes(pid));
  assert.equal(it.vms().length, 1);
});

test("a machine cannot be started while the VM process of its former life ends", { skip }, async () => {
  const { it, pid } = await running("1.9.3");
  it.world.set({ faults: "slow-stop=1500" });
  assert.equal((await it.call(["machine", "stop", "-n", "one"])).code, 0);
  assert.deepEqual(it.vms(), [pid]);
  assert.equal((await it.shown("one")).state, "stopped");
  const early = await it.start("one");
  assert.deepEqual([early.code, /invalid vm state/.test(early.err)], [1, true]);
  await eventually("it has ended", () => it.vms().length === 0);
  assert.equal((await it.start("one")).code, 0);
});

test("a record may say that a machine runs which does not", { skip }, async () => {
  const { it, pid } = await running("1.9.3");
  await it.call(["machine", "stop", "-n", "one"]);
  it.world.set({ faults: "stale-running" });
  const { state, pid: shown } = await it.shown("one");
  assert.deepEqual([state, shown], ["running", pid]);
  assert.match((await it.inside("one", "true")).err, /is not running/);
});

test("what is written outlives a stop; /tmp and /run do so before 1.2.3 only", { skip }, async () => {
  for (const [version, kept] of [
    ["1.2.0", "a b c"],
    ["1.2.3", "a"],
  ] as const) {
    const { it } = await running(version);
    const script = "echo a >/home/file; echo b >/tmp/file; echo c >/run/file";
    assert.equal((await it.inside("one", script)).code, 0);
    await it.call(["machine", "stop", "-n", "one"]);
    await it.start("one");
    assert.equal((await it.inside("one", "echo $(cat /home/file /tmp/file /run/file)")).out, `${kept}\n`);
  }
});

test("start without a name makes the machine `default`; one with an unknown name fails", { skip }, async () => {
  const it = trial("0.8.0");
  assert.equal((await it.start("nobody")).code, 1);
  assert.equal((await it.call(["machine", "start"])).code, 0);
  assert.equal((await it.shown("default")).state, "running");
});

test("a machine of each state is listed with its keys of the release", { skip }, async () => {
  const it = trial("1.7.5");
  await it.create("one", "--cpus", "2", "--mem", "512");
  const old = await it.shown("one");
  assert.deepEqual([old.state, old.cpus, old.memory_mib, old.pid, old.network], ["created", 2, 512, null, false]);
  assert.ok(!("labels" in old) && !("forkable" in old));
  const now = trial("1.9.3");
  await now.create("one", "--label", "a=b", "-p", "8080:80");
  const shown = await now.shown("one");
  assert.deepEqual([shown.labels, shown.ports, shown.forkable, shown.network], [{ a: "b" }, 1, false, true]);
  assert.equal((await trial("1.7.5").create("one", "--label", "a=b")).code, 2);
  const one = await now.call(["machine", "status", "-n", "one", "--json"]);
  assert.deepEqual(JSON.parse(one.out), shown);
});

test("calls are logged with names of variables only", async () => {
  const it = trial("1.9.3");
  const log = join(it.world.folder, "log");
  it.world.set({ log });
  await it.call(["machine", "create", "-n", "one", "-e", "KEY=secret-1", "--env=B=secret-2"], {
    env: { TOKEN: "secret-3" },
  });
  await it.call(["machine", "delete", "-n", "two", "-f"]);
  const text = readFileSync(log, "utf8");
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { argv: string[]; env: string[]; code: number });
  assert.doesNotMatch(text, /secret/);
  assert.deepEqual(
    lines.map(({ argv, code }) => [argv.slice(0, 4), code]),
    [
      [["machine", "create", "-n", "one"], 0],
      [["machine", "delete", "-n", "two"], 1],
    ],
  );
  assert.ok(lines[0]?.env.includes("TOKEN"));
});

test("a create that fails makes nothing", async () => {
  const it = trial("1.9.3", { faults: "failing-create" });
  assert.equal((await it.create("one")).code, 1);
  assert.equal((await it.call(["machine", "ls", "--json"])).out, "[]\n");
});
