/** The FAKE smolvm has the quirks of its version, so that a driver which ignores one does not get by. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { run } from "../../../src/host/exec.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { type SmolvmWorld, smolvmWorld } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl");
const worlds: SmolvmWorld[] = [];
const strays: number[] = [];
after(() => {
  for (const pid of strays) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  for (const world of worlds) world.dispose();
});

function worldOf(version: string) {
  const world = smolvmWorld(version);
  worlds.push(world);
  const call = async (args: readonly string[], stdin?: Uint8Array, timeoutMs = 20_000) => {
    const options = { timeoutMs, ...(stdin !== undefined && { stdin }) };
    const result = await run({ argv: [world.program, ...args], env: {} }, options);
    return { ...result, out: result.stdout.toString(), err: result.stderr.toString() };
  };
  return { world, call };
}

async function started(version: string) {
  const { world, call } = worldOf(version);
  assert.equal((await call(["machine", "create", "-n", "one", "--image", world.image])).code, 0);
  const { out } = await call(["machine", "start", "-n", "one"]);
  const pid = Number(/PID (\d+)/.exec(out)?.[1]);
  strays.push(pid);
  return { call, pid };
}

const lives = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("_boot-vm");
  } catch {
    return false;
  }
};

test("NAME is a plain word until 1.0.2 and an option since; what is not known is a usage error", async () => {
  const [old, now] = [worldOf("0.8.1"), worldOf("1.0.2")];
  assert.equal((await old.call(["machine", "delete", "-n", "one", "-f"])).code, 2);
  assert.equal((await now.call(["machine", "delete", "one", "-f"])).code, 2);
  assert.equal((await now.call(["machine", "delete", "-n", "one", "-f"])).code, 1);
  const unknown = await now.call(["machine", "create", "-n", "one", "--mount-socket", "/a:/b"]);
  assert.deepEqual(
    [unknown.code, unknown.err.split("\n")[0]],
    [2, "error: unexpected argument '--mount-socket' found"],
  );
  assert.equal((await now.call(["machine", "exec", "-n", "one", "--", "true"])).code, 2);
  assert.equal((await now.call(["machine", "stop", "-n", "a", "-n", "b"])).code, 2);
});

test("a delete without -f says that it was cancelled, ends with 0 and deletes nothing", { skip }, async () => {
  const { call, pid } = await started("1.9.3");
  const asked = await call(["machine", "delete", "-n", "one"]);
  assert.deepEqual([asked.code, asked.out], [0, "Cancelled\n"]);
  assert.ok(lives(pid));
  assert.equal((await call(["machine", "delete", "-n", "one", "-f"])).code, 0);
  assert.ok(!lives(pid));
});

test("a command's code of 1 is also smolvm's own, and only its words tell", { skip }, async () => {
  const { call } = await started("1.9.3");
  const own = await call(["machine", "exec", "--name", "one", "--", "/bin/sh", "-c", "exit 1"]);
  assert.deepEqual([own.code, own.err], [1, ""]);
  await call(["machine", "stop", "-n", "one"]);
  const stopped = await call(["machine", "exec", "--name", "one", "--", "/bin/true"]);
  assert.equal(stopped.code, 1);
  assert.match(stopped.err, /^Error: .* is not running/);
});

test("without -i and --stream input is empty, and output above 11 MiB is an error", { skip }, async () => {
  const { call } = await started("1.9.3");
  const exec = ["machine", "exec", "--name", "one"];
  assert.equal((await call([...exec, "--", "/bin/cat"], Buffer.from("lost"))).out, "");
  const long = ["--", "/usr/bin/head", "-c", String(12 * 2 ** 20), "/dev/zero"];
  assert.equal((await call([...exec, ...long])).code, 1);
  assert.equal((await call([...exec, "--stream", ...long])).stdout.length, 12 * 2 ** 20);
  await call(["machine", "stop", "-n", "one"]);
});

test("before 1.8.1 a command that reads much input stands still", { skip }, async () => {
  const much = Buffer.alloc(2 ** 20);
  const words = ["machine", "exec", "--name", "one", "-i", "--", "/usr/bin/wc", "-c"];
  const old = await started("1.6.4");
  assert.equal((await old.call(words, much, 3000)).timedOut, true);
  await old.call(["machine", "stop", "-n", "one"]);
  const now = await started("1.8.1");
  assert.equal((await now.call(words, much)).out, `${2 ** 20}\n`);
  await now.call(["machine", "stop", "-n", "one"]);
});

test("a ninth client waits until one of eight has ended", { skip }, async () => {
  const { call } = await started("1.9.3");
  const exec = (...words: readonly string[]) => call(["machine", "exec", "--name", "one", "--", ...words]);
  // A first exec comes up alone.
  assert.equal((await exec("/bin/true")).code, 0);
  const busy = Array.from({ length: 8 }, () => exec("/bin/sh", "-c", "until [ -e /go ]; do sleep 0.05; done"));
  const inside = async () => {
    const words = ["/usr/bin/pgrep", "-fc", "^perl .*agent.pl .*until \\[ -e /go \\]"];
    return Number((await run({ argv: words, env: {} })).stdout.toString());
  };
  await eventually("eight clients are in", async () => (await inside()) === 8);
  const ninth = await call(["machine", "exec", "--name", "one", "--", "/usr/bin/touch", "/go"], undefined, 1500);
  assert.equal(ninth.timedOut, true);
  await call(["machine", "stop", "-n", "one"]);
  await Promise.all(busy);
});
