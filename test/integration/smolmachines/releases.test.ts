import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { Cleanup } from "../../../src/host/cleanup.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { namedWorlds } from "../../support/smolvm/named-worlds.ts";
import { plannedFor, testFolders } from "../../support/test-bottle.ts";

const backend = await loadBackend("smolmachines");
const named = namedWorlds();

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
  named("0.7.9");
  const { message, hint } = await refused();
  assert.match(message, /smolvm 0\.7\.9 is older than 0\.8\.0/);
  assert.equal(hint, "install smolvm 1.9.3, or any from 0.8.0 on");
  assert.match((await backend.lacks(gatherFacts())) ?? "", /older than 0\.8\.0/);
});

test("another product's command of the same name is told apart, and makes no bottle", async () => {
  named("1.9.3");
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
  }
});
