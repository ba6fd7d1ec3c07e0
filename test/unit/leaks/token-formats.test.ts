import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compilePatterns } from "../../../src/core/leaks/patterns.ts";

test("rows 105, 106: every format finds its samples, and no near miss", () => {
  for (const format of FORMATS) {
    const set = compilePatterns([format]);
    for (const sample of format.samples()) {
      const { matches } = set.scan(Buffer.from(sample), true);
      assert.equal(matches.length, 1, `${format.id}: ${sample}`);
    }
    for (const miss of format.nearMisses()) {
      assert.deepEqual(set.scan(Buffer.from(miss), true).matches, [], `${format.id}: ${miss}`);
    }
  }
});
