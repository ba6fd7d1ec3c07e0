import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { removeBottle } from "../../../src/session/removal.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { createRecord, findBottle, updateRecord } from "../../../src/state/records.ts";
import { testRecord } from "../../support/test-bottle.ts";

test("a bottle that was resumed since it was looked at is not removed, and nobody is told that it was", async (context) => {
  const home = mkdtempSync(join(tmpdir(), "removal-"));
  context.after(() => rmSync(home, { recursive: true }));
  const facts = gatherFacts();
  const layout = layoutOf({}, home, facts.uid);
  const signal = new AbortController().signal;
  const session: SessionContext = { env: {}, cwd: "/", facts, layout, say: () => undefined, ask: null, signal };
  await createRecord(layout, { ...testRecord("one"), phase: "exited", endedAt: new Date().toISOString() }, facts.uid);
  const seen = await findBottle(layout, "one");
  assert.ok(seen);
  const host = { pid: process.pid, startTime: 1, bootId: "another" };
  await updateRecord(layout, "one", (record) => ({ ...record, phase: "running", endedAt: null, host }));
  const backend = await loadBackend("bubblewrap");
  await assert.rejects(removeBottle(seen, backend, session), { code: "BOTTLE_RUNNING" });
  assert.ok(existsSync(bottlePaths(layout, "one").record));
});
