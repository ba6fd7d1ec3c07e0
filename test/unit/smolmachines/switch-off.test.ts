/** The table of `npm run switch-off`: it fits the tree as it is, and leaves no quirk out. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NOTHING_TO_DO, REMEDIES } from "../../../scripts/switch-off/remedies.ts";
import { without } from "../../../scripts/switch-off/without.ts";
import { QUIRKS } from "../../support/smolvm/quirks.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

for (const remedy of REMEDIES) {
  test(`the remedy ${remedy.id} is where the table says, and a test by that title is there`, () => {
    for (const { on, off } of without(remedy, read)) assert.notEqual(on, off);
    // Clauses of the contract are elsewhere.
    const titles = remedy.test.includes("/contract/") ? null : read(remedy.test);
    assert.ok(titles === null || titles.replaceAll("${version}", "").includes(remedy.only.replace(/^at \d\S+ /, "")));
  });
}

test("each quirk of the fake smolvm has a remedy, or a reason why there is nothing to do", () => {
  const named = [...REMEDIES.flatMap(({ quirks }) => quirks), ...Object.keys(NOTHING_TO_DO)];
  assert.deepEqual([...new Set(named)].sort(), Object.keys(QUIRKS).sort());
});

test("an edit that does not fit its file exactly once is an error", () => {
  const edits = [{ file: "a", from: "x", to: "y" }];
  assert.throws(() => without({ id: "one", edits }, () => "xx"), /one: `x` is 2 times in a/);
  assert.throws(() => without({ id: "one", edits }, () => ""), /0 times/);
});
