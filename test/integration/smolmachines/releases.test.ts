import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { Cleanup } from "../../../src/host/cleanup.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { type SmolvmWorld, smolvmWorld } from "../../support/smolvm.ts";
import { plannedFor, testFolders } from "../../support/test-bottle.ts";

const backend = await loadBackend("smolmachines");
const names = ["BOT_BOTTLE_SMOLVM", "BOT_BOTTLE_SMOLVM_IMAGE", "XDG_CACHE_HOME"] as const;
const before = names.map((name) => process.env[name]);
after(() => {
  for (const [index, name] of names.entries()) {
    if (before[index] === undefined) delete process.env[name];
    else process.env[name] = before[index];
  }
});

/** A world with a fake smolvm of this release, which the environment names. */
function named(version: string): SmolvmWorld {
  const world = smolvmWorld(version);
  process.env.BOT_BOTTLE_SMOLVM = world.program;
  process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
  process.env.XDG_CACHE_HOME = join(world.folder, "cache");
  return world;
}

/** What comes of a bottle here; asserts that nothing was begun. */
async function refused(): Promise<{ readonly message: string; readonly hint: string | undefined }> {
  const { top, folders } = testFolders();
  // The agent of a machine is uid 1000, and only root can be another one.
  const facts = { ...gatherFacts(), uid: 0 };
  const cleanup = new Cleanup();
  const begun: string[] = [];
  const journal = async (what: string) => void begun.push(what);
  try {
    const plan = plannedFor(backend, facts, "old", folders.workspace);
    const error = await rejectsWith("HOST_UNFIT", backend.create(plan, { facts, folders, cleanup, journal }));
    assert.deepEqual(begun, []);
    assert.deepEqual(await cleanup.run(), []);
    return error;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

test("a smolvm that is older than any that was looked at makes no bottle, and it is said which to install", async () => {
  const world = named("0.7.9");
  try {
    const { message, hint } = await refused();
    assert.match(message, /smolvm 0\.7\.9 is older than 0\.8\.0/);
    assert.equal(hint, "install smolvm 1.9.3, or any from 0.8.0 on");
    assert.match((await backend.lacks(gatherFacts())) ?? "", /older than 0\.8\.0/);
  } finally {
    world.dispose();
  }
});

test("another product's command of the same name is told apart, and makes no bottle", async () => {
  const world = named("1.9.3");
  const folder = mkdtempSync(join(tmpdir(), "other-"));
  try {
    chmodSync(folder, 0o755);
    const other = join(folder, "smolvm");
    writeFileSync(other, '#!/bin/sh\n[ "$1" = --version ] && echo "smolvm 9.9.9" && exit\nexit 2\n', { mode: 0o755 });
    process.env.BOT_BOTTLE_SMOLVM = other;
    assert.match((await refused()).message, /is not the smolvm of smol-machines/);
    assert.deepEqual(await backend.survey(gatherFacts(), new Set()), []);
    assert.equal(await backend.runs("one", gatherFacts()), false);
  } finally {
    rmSync(folder, { recursive: true });
    world.dispose();
  }
});
