import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BottleError } from "../../../src/core/model/errors.ts";
import { identify } from "../../../src/host/process-identity.ts";
import { recordOrLast, untilEnded } from "../../../src/session/ending.ts";
import { archiveBottle } from "../../../src/state/archive.ts";
import { takeAside } from "../../../src/state/aside.ts";
import { bottlePaths, type Layout, layoutOf } from "../../../src/state/layout.ts";
import { formatRecord } from "../../../src/state/record-format.ts";
import { createRecord, findBottle, type ListedBottle } from "../../../src/state/records.ts";
import { testRecord } from "../../support/test-bottle.ts";

const uid = process.getuid?.() ?? 0;

function layoutFor(context: TestContext): Layout {
  const home = mkdtempSync(join(tmpdir(), "ending-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  return layoutOf({}, home, uid);
}

test("a bottle is found wherever its removal has it at the moment", async (context) => {
  const layout = layoutFor(context);
  await createRecord(layout, testRecord("a", { exitCode: 4 }), uid);
  const found = () => recordOrLast("a", layout).then(({ exitCode }) => exitCode);
  assert.equal(await found(), 4);
  const remover = { pid: 7, startTime: 11, bootId: "b" };
  const aside = await takeAside(layout, (await findBottle(layout, "a")) as ListedBottle, remover);
  assert.ok(aside !== null);
  assert.equal(await found(), 4, "aside");
  await archiveBottle(layout, aside, uid);
  assert.equal(await found(), 4, "archived");
  await assert.rejects(recordOrLast("b", layout), (error) => (error as BottleError).code === "BOTTLE_NOT_FOUND");
});

test("how a bottle ended is told however long its removal takes, and not before it is known", async (context) => {
  const layout = layoutFor(context);
  const { signal } = new AbortController();
  const record = testRecord("a", { phase: "exited", endedAt: "2025-01-02T03:05:00.000Z", exitCode: 4 });
  await createRecord(layout, record, uid);
  const remover = identify(process.pid);
  assert.ok(remover);
  const aside = await takeAside(layout, (await findBottle(layout, "a")) as ListedBottle, remover);
  assert.ok(aside !== null);
  assert.equal((await untilEnded(record, { layout, signal }, 1000))?.exitCode, 4);
  const open = { ...record, phase: "running" as const, endedAt: null, exitCode: null };
  writeFileSync(join(aside.folder, "record.json"), formatRecord(open));
  assert.equal(await untilEnded(record, { layout, signal }, 300), null);
  writeFileSync(join(aside.folder, "record.json"), formatRecord(record));
  await archiveBottle(layout, aside, uid);
  assert.equal((await untilEnded(record, { layout, signal }, 1000))?.exitCode, 4);
});

test("a host process that ends as soon as it has written how its agent ended is not taken for a killed one", async (context) => {
  const layout = layoutFor(context);
  const { folder, record: path } = bottlePaths(layout, "a");
  await createRecord(layout, testRecord("a"), uid);
  const last = join(folder, "last");
  for (let round = 0; round < 150; round += 1) {
    const host = spawn("sh", ["-c", 'read go; mv "$0" "$1"', last, path], { stdio: ["pipe", "ignore", "inherit"] });
    const gone = new Promise((resolve) => host.once("close", resolve));
    const identity = identify(host.pid ?? 0);
    assert.ok(identity);
    const runs = testRecord("a", { phase: "running", host: identity, endedAt: null, exitCode: null });
    writeFileSync(path, formatRecord(runs));
    writeFileSync(last, formatRecord({ ...runs, phase: "exited", endedAt: runs.createdAt, exitCode: 5 }));
    host.stdin.end("\n");
    for (;;) {
      const bottle = await findBottle(layout, "a");
      assert.notEqual(bottle?.state, "lost", `round ${round}`);
      if (bottle?.state === "exited") break;
    }
    await gone;
  }
});
