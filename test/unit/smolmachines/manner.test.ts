import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWith, mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { describe } from "../../../src/backends/smolmachines/manner-text.ts";
import { planMachine } from "../../../src/backends/smolmachines/plan.ts";

test("what is said of a release names its way out, and each remedy with the release that needs none", () => {
  assert.deepEqual(describe(mannerOf([1, 9, 3])), [
    "no network at all",
    "the gateway by its unix socket, which smolvm hands in",
  ]);
  const old = describe(mannerOf([0, 8, 0])).join("\n");
  for (const release of ["0.8.1", "1.1.0", "1.2.3", "1.2.5", "1.4.1", "1.6.4", "1.8.1"]) {
    assert.ok(old.includes(`from ${release} on`), release);
  }
  assert.ok(
    !describe(mannerOf([0, 8, 1]))
      .join("\n")
      .includes("0.8.1"),
  );
});

test("a plan says which way is used by release, and that there is no network", () => {
  const { network, words } = planMachine(undefined) as { network: string; words: readonly string[] };
  assert.equal(network, "none");
  assert.match(words.join("\n"), /^no network, on any release: .*\n.* from smolvm 1\.6\.4 on by its unix socket/);
});

test("each remedy ends with the first release that has what it stands for", () => {
  const newest = mannerOf([1, 9, 3]);
  for (const key of Object.keys(newest) as (keyof typeof newest)[]) {
    const [major, minor, patch] = firstWith(key);
    const before = patch > 0 ? ([major, minor, patch - 1] as const) : ([major, minor - 1, 99] as const);
    assert.equal(mannerOf([major, minor, patch])[key], newest[key], key);
    assert.notEqual(mannerOf(before)[key], newest[key], key);
  }
});
