/** The driver over quirks of the FAKE smolvm that no clause of the contract meets by itself. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { namedWorlds } from "../../support/smolvm/named-worlds.ts";
import { vmProcesses } from "../../support/smolvm/trial.ts";
import type { SmolvmOptions } from "../../support/smolvm.ts";
import { openTestBottle, type TestBottle } from "../../support/test-bottle.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3");
const named = namedWorlds();

/** A world whose smolvm the environment names from here on, and bottles in it. */
function worldOf(version: string, options: SmolvmOptions = {}) {
  const world = named(version, options);
  const open = async (): Promise<TestBottle> => openTestBottle(await loadBackend("smolmachines"));
  const left = () => ({
    machines: globSync("home/.local/share/smolvm/server/machines/*.json", { cwd: world.folder }),
    processes: vmProcesses(world.folder),
  });
  return { world, open, left };
}

test("a start that fails leaves no process of its machine and no record of it (issue 582, until 1.5.0)", {
  skip,
}, async () => {
  const { open, left } = worldOf("1.4.1", { faults: "failing-start" });
  await rejectsWith("CREATE_FAILED", open());
  assert.deepEqual(left(), { machines: [], processes: [] });
});

for (const version of ["0.8.0", "1.6.4"]) {
  test(`at ${version} no disk goes while its machine's process lives, though a stop is slow (issue 787)`, {
    skip,
  }, async () => {
    const { world, open, left } = worldOf(version, { faults: "slow-stop=400" });
    const bottle = await open();
    await bottle.sh("true");
    await bottle.dispose();
    assert.deepEqual(left(), { machines: [], processes: [] });
    assert.deepEqual(globSync("home/disks-lost", { cwd: world.folder }), []);
  });
}

test("below 1.2.5 a machine that starts beside a slower one is not taken for it", { skip }, async () => {
  const { world, open } = worldOf("1.1.3", { faults: "slow-start=3000" });
  const slow = open();
  await eventually("the slow one boots", () => vmProcesses(world.folder).length === 1);
  world.set({});
  const all = await Promise.all([slow, open(), open()]);
  const said = await Promise.all(all.map(({ sh }) => sh("echo here")));
  assert.deepEqual(said, ["here\n", "here\n", "here\n"]);
  for (const bottle of all) await bottle.dispose();
});

test("below 1.4.1 commands that come up at once do not read each other's config.json", { skip }, async () => {
  const { open } = worldOf("1.3.0", { quirks: "+joined-read", pauseMs: 100 });
  const bottle = await open();
  const said = await Promise.all(Array.from({ length: 6 }, (_, index) => bottle.sh(`echo ${index}`)));
  assert.deepEqual(said, ["0\n", "1\n", "2\n", "3\n", "4\n", "5\n"]);
  await bottle.dispose();
});

for (const version of ["1.3.0", "1.9.3"]) {
  test(`at ${version} nothing comes up beside a machine's first command`, { skip }, async () => {
    const { open } = worldOf(version, { pauseMs: 700 });
    const bottle = await open();
    assert.equal(await bottle.sh("echo here"), "here\n");
    await bottle.dispose();
  });
}

test("at 0.8.0 files of a pack that its user extracted are not the agent's to change (issue 501)", {
  skip,
}, async () => {
  const { open } = worldOf("0.8.0", { extractor: 1000 });
  const bottle = await open();
  assert.equal(await bottle.sh("find /srv /etc /opt -xdev -user agent 2>/dev/null | head -3; echo looked"), "looked\n");
  assert.equal(await bottle.sh("touch /srv/mine 2>/dev/null && echo made || echo refused"), "refused\n");
  await bottle.dispose();
});

test("a machine that only looks unreachable is no bottle that ended", { skip }, async () => {
  const { world, open } = worldOf("1.9.3");
  const bottle = await open();
  world.set({ faults: "unreachable" });
  assert.equal(await bottle.bottle.status(), "running");
  world.set({});
  assert.equal(await bottle.sh("echo here"), "here\n");
  await bottle.dispose();
});
