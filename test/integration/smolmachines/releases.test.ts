import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { Cleanup } from "../../../src/host/cleanup.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { smolvmWorld } from "../../support/smolvm.ts";
import { plannedFor, testFolders } from "../../support/test-bottle.ts";

const backend = await loadBackend("smolmachines");
const names = ["BOT_BOTTLE_SMOLVM", "BOT_BOTTLE_SMOLVM_IMAGE"] as const;
const before = names.map((name) => process.env[name]);
after(() => {
  for (const [index, name] of names.entries()) {
    if (before[index] === undefined) delete process.env[name];
    else process.env[name] = before[index];
  }
});

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

for (const version of ["0.8.0", "0.8.1", "1.0.2", "1.1.3", "1.4.0"]) {
  test(`a smolvm ${version}, which cannot keep an agent from the network and let the gateway in, makes no bottle`, async () => {
    const world = smolvmWorld(version);
    try {
      process.env.BOT_BOTTLE_SMOLVM = world.program;
      process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
      const { message, hint } = await refused();
      assert.ok(message.includes(version), message);
      assert.equal(hint, "install smolvm 1.4.1 or newer");
      assert.match((await backend.lacks(gatherFacts())) ?? "", /cannot hold a bottle/);
    } finally {
      world.dispose();
    }
  });
}

test("another product's command of the same name is told apart, and makes no bottle", async () => {
  const world = smolvmWorld("1.9.3");
  const folder = mkdtempSync(join(tmpdir(), "other-"));
  try {
    chmodSync(folder, 0o755);
    const other = join(folder, "smolvm");
    writeFileSync(other, '#!/bin/sh\n[ "$1" = --version ] && echo "smolvm 9.9.9" && exit\nexit 2\n', { mode: 0o755 });
    process.env.BOT_BOTTLE_SMOLVM = other;
    process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
    assert.match((await refused()).message, /is not the smolvm of smol-machines/);
    assert.deepEqual(await backend.survey(gatherFacts(), new Set()), []);
    assert.equal(await backend.runs("one", gatherFacts()), false);
  } finally {
    rmSync(folder, { recursive: true });
    world.dispose();
  }
});
