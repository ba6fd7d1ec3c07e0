import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { BottleError } from "../../../src/core/model/errors.ts";
import { recordOrLast } from "../../../src/session/ending.ts";
import { archiveBottle } from "../../../src/state/archive.ts";
import { takeAside } from "../../../src/state/aside.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { createRecord, findBottle, type ListedBottle } from "../../../src/state/records.ts";
import { testRecord } from "../../support/test-bottle.ts";

test("a bottle is found wherever its removal has it at the moment", async (context) => {
  const uid = process.getuid?.() ?? 0;
  const home = mkdtempSync(join(tmpdir(), "ending-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, uid);
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
