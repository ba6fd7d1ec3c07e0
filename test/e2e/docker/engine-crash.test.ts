/**
 * An engine that is killed, and one that is restarted, under detached bottles. It is one of the test's own, to which the
 * images are copied (half a minute), so only when asked for:
 * BOT_BOTTLE_ENGINE_CRASHES=1 npm test -- test/e2e/docker/engine-crash.test.ts
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const asked = process.env.BOT_BOTTLE_ENGINE_CRASHES === "1";
const skip = asked ? skipWithout("docker-images", "root") : "takes an engine of its own: BOT_BOTTLE_ENGINE_CRASHES=1";
const ENGINE = join(import.meta.dirname, "../../../.ci/engine");
const IMAGES = ["localhost/bot-bottle/claude:latest", "localhost/bot-bottle/sidecar:latest"];

function shell(script: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync("/bin/sh", ["-c", script, ...args], { encoding: "utf8", timeout: 180_000 });
  assert.equal(status, 0, stderr);
}

/** An engine that can be ended by a signal and begun again where it was. */
function openEngine() {
  // A short name: sockets are in it.
  const folder = mkdtempSync("/tmp/bbc");
  const host = `unix://${folder}/docker.sock`;
  const dispose = () => {
    shell('"$0" stop "$1"', ENGINE, folder);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    shell('"$0" start "$1"', ENGINE, folder);
    shell('docker save "$1" "$2" | docker --host "$0" load', host, ...IMAGES);
  } catch (error) {
    dispose();
    throw error;
  }
  const answers = () => spawnSync("docker", ["--host", host, "version"]).status === 0;
  return {
    host,
    answers,
    /** Ends it; what is answered begins it again, in the namespaces that it had. */
    async end(signal: NodeJS.Signals) {
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
      const into = ["--target", String(pid), "--net", "--mount"];
      const holder = spawn("nsenter", [...into, "sh", "-c", "echo in; exec sleep 300"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      await new Promise((resolve) => holder.stdout.once("data", resolve));
      process.kill(pid, signal);
      await eventually("the engine is gone", () => !answers());
      return async () => {
        rmSync(join(folder, "pid"), { force: true });
        const again = ["--target", String(holder.pid), "--net", "--mount", "setsid", ...words];
        spawn("nsenter", again, { stdio: "ignore", detached: true }).unref();
        await eventually("the engine is back", answers);
        holder.kill("SIGKILL");
      };
    },
    [Symbol.dispose]: dispose,
  };
}

test("an engine that is killed or restarted: ls says lost, recover waits for it and then brings each bottle back", {
  skip,
  timeout: 600_000,
}, async (context) => {
  using engine = openEngine();
  using operator = newOperator();
  const bottle = (...words: readonly string[]) => operator.bottle(words, { env: { DOCKER_HOST: engine.host } });
  const things = () =>
    ["ps --all", "network ls"].flatMap((words) => {
      const args = ["--host", engine.host, ...words.split(" "), "--quiet", "--filter", "label=bot-bottle.bottle"];
      return spawnSync("docker", args, { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
    });
  const states = async () =>
    Object.fromEntries(
      (JSON.parse((await bottle("ls", "--format", "json")).stdout) as { name: string; state: string }[]).map((row) => [
        row.name,
        row.state,
      ]),
    );
  const all = (state: string) => ({ "bundle-0": state, "bundle-1": state, "socket-0": state, "socket-1": state });
  for (const placement of ["socket", "bundle"]) {
    operator.writeManifest(JSON.stringify({ bottles: { default: { backend: "docker", placement } } }));
    const headless = await bottle("start", "shell", "-d", "--name", `${placement}-0`, "-p", "echo w >> w; sleep 600");
    assert.equal(headless.code, 0, headless.stderr);
    const held = await bottle("start", "shell", "-d", "--name", `${placement}-1`, "--", "-c", "sleep 600");
    assert.equal(held.code, 0, held.stderr);
  }
  const few = things().length;
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const begin = await engine.end(signal);
    await eventually("all are lost", async () => Object.values(await states()).every((state) => state === "lost"));
    const blind = await bottle("recover", "--all");
    assert.equal(blind.code, 4, blind.stdout);
    assert.match(blind.stderr, /\[HOST_UNFIT\]/);
    assert.equal((await bottle("wait", "socket-0")).code, 125);
    assert.deepEqual(await states(), all("lost"));
    await begin();
    const recovered = await bottle("recover", "--all");
    assert.equal(recovered.code, 0, recovered.stderr);
    assert.deepEqual(await states(), all("running"));
    assert.equal(things().length, few, `${signal}: as much runs as before, and nothing beside it`);
    context.diagnostic(`${signal}: 4 of 4 run again`);
  }
  assert.equal((await bottle("stop", "--grace", "0", ...Object.keys(all("")))).code, 0);
  assert.deepEqual(things(), []);
  assert.match((await bottle("diff", "bundle-0")).stdout, /^\+w\n\+w\n\+w$/m);
  assert.equal((await bottle("rm", "--discard", ...Object.keys(all("")))).code, 0);
});
