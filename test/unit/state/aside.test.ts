import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { adoptAside, listAsides, putBack, takeAside } from "../../../src/state/aside.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { createRecord, findBottle, type ListedBottle, listBottles } from "../../../src/state/records.ts";
import { testRecord } from "../../support/test-bottle.ts";

const uid = process.getuid?.() ?? 0;
const remover = { pid: 7, startTime: 11, bootId: "b" };

async function withBottle(context: TestContext) {
  const home = mkdtempSync(join(tmpdir(), "aside-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, uid);
  await createRecord(layout, testRecord("a"), uid);
  const bottle = (await findBottle(layout, "a")) as ListedBottle;
  return { layout, bottle, paths: bottlePaths(layout, "a") };
}

test("of many removers one gets the bottle, and its name is free at once", async (context) => {
  const { layout, bottle } = await withBottle(context);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => takeAside(layout, bottle, remover)));
  const [taken, ...more] = outcomes.filter((aside) => aside !== null);
  assert.deepEqual(more, []);
  assert.ok(taken !== undefined && existsSync(join(taken.folder, "home")));
  assert.deepEqual(await listBottles(layout), []);
  await createRecord(layout, testRecord("a"), uid);
  const [left] = await listAsides(layout);
  assert.deepEqual([left?.name, left?.folder, left?.remover.pid], ["a", taken.folder, 7]);
});

test("a slow remover never gets a later bottle of the same name", async (context) => {
  const { layout, bottle, paths } = await withBottle(context);
  const first = await takeAside(layout, bottle, remover);
  assert.ok(first !== null);
  await createRecord(layout, testRecord("a", { createdAt: new Date().toISOString() }), uid);
  writeFileSync(join(paths.workspace, "work"), "");
  assert.equal(await takeAside(layout, bottle, remover), null);
  assert.ok(existsSync(join(paths.workspace, "work")));
  await putBack(layout, first);
  assert.ok(existsSync(join(paths.workspace, "work")), "nor is it replaced by what could not be removed");
});

test("what a killed remover left is taken over by one; what could not be removed is listed again", async (context) => {
  const { layout, bottle } = await withBottle(context);
  const left = await takeAside(layout, bottle, remover);
  assert.ok(left !== null);
  const [one, two] = await Promise.all([1, 2].map(() => adoptAside(layout, left, { ...remover, pid: 8 })));
  assert.equal([one, two].filter((aside) => aside !== null).length, 1);
  await putBack(layout, one ?? two ?? left);
  assert.deepEqual(await listBottles(layout), [bottle]);
});

test("a folder without a usable record is taken as it is", async (context) => {
  const { layout } = await withBottle(context);
  mkdirSync(join(layout.bottles, "odd"));
  const odd = await findBottle(layout, "odd");
  assert.ok(odd?.problem === "is missing");
  assert.notEqual(await takeAside(layout, odd, remover), null);
  assert.deepEqual(readdirSync(layout.bottles).includes("odd"), false);
});
