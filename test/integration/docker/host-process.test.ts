import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { isRunning } from "../../../src/backends/docker/bottle.ts";
import { callEngine, engineHere } from "../../../src/backends/docker/engine.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually } from "../../support/operator.ts";
import { testFolders } from "../../support/test-bottle.ts";

const HOST = join(import.meta.dirname, "../../support/bottle-host.ts");
const skip = skipWithout("docker-images", "perl");

/** A host process with one running bottle; it tells the name of its container. */
async function startHost(name: string): Promise<{ child: ChildProcess; container: string; dispose(): Promise<void> }> {
  const { top, folders } = testFolders();
  const words = ["docker, socket", name, folders.home, folders.workspace, folders.run];
  const child = spawn(process.execPath, [...NODE_FLAGS, HOST, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no output");
  let container = "";
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith("{")) continue;
    container = (JSON.parse(line) as { entry: { container: string } }).entry.container;
    break;
  }
  const dispose = async () => {
    const backend = await loadBackend("docker");
    const facts = gatherFacts();
    for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, facts);
    rmSync(top, { recursive: true, force: true });
  };
  return { child, container, dispose };
}

const engine = () => engineHere();
const gone = (container: string) => async () => !(await isRunning({ engine: engine(), container }));

test("part 28: a host process that is killed takes its container along, though the engine knows nothing of it", {
  skip,
}, async () => {
  const host = await startHost(`killed-${process.pid}`);
  assert.equal(await isRunning({ engine: engine(), container: host.container }), true);
  host.child.kill("SIGKILL");
  await eventually("the container has ended", gone(host.container));
  await host.dispose();
});

test("part 28: what stays because its client was stopped is found by its labels, and removed once", {
  skip,
}, async () => {
  const name = `held-${process.pid}`;
  const host = await startHost(name);
  const client = clientOf(host.container);
  process.kill(client, "SIGSTOP");
  const backend = await loadBackend("docker");
  const facts = gatherFacts();
  const mine = async () => (await backend.survey(facts, new Set())).filter(({ bottle }) => bottle === name);
  assert.deepEqual(await mine(), [], "while its host process lives it is nobody else's");
  host.child.kill("SIGKILL");
  await eventually("the host process is gone", async () => (await mine()).length === 1);
  assert.equal(await backend.runs(name, facts), true);
  const [leftover] = await mine();
  assert.ok(leftover !== undefined);
  assert.deepEqual([leftover.backend, leftover.kind], ["docker", "container"]);
  await backend.remove(leftover, facts);
  await backend.remove(leftover, facts);
  assert.deepEqual(await mine(), []);
  assert.equal(await backend.runs(name, facts), false);
  process.kill(client, "SIGKILL");
  await host.dispose();
});

test("part 28: a workshop ends with the host process that was killed over it, whatever its job waits for", {
  skip,
}, async () => {
  const { top, folders } = testFolders();
  const name = `job-${process.pid}`;
  const job = { bottle: name, script: "sleep 600", folders: [], agentFolder: folders.home, as: "agent" };
  const source = (path: string) => JSON.stringify(join(import.meta.dirname, "../../../src", path));
  const program = `const { loadBackend } = await import(${source("backends/builtins.ts")});
    const { gatherFacts } = await import(${source("host/facts.ts")});
    await (await loadBackend("docker")).workshop(${JSON.stringify(job)}, gatherFacts());`;
  const child = spawn(process.execPath, [...NODE_FLAGS, "--input-type=module", "-e", program], { stdio: "inherit" });
  const filter = ["--filter", `label=bot-bottle.bottle=${name}`, "--filter", "status=running"];
  const running = async () => (await callEngine(engine(), ["ps", "--quiet", ...filter])).trim() !== "";
  await eventually("the job runs", running);
  child.kill("SIGKILL");
  await eventually("its container has ended", async () => !(await running()));
  rmSync(top, { recursive: true, force: true });
});

/** The `docker run` that holds this container. */
function clientOf(container: string): number {
  const pids = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid));
  const found = pids.find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words.includes("run") && words.includes(container);
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error("no client");
  return Number(found);
}
