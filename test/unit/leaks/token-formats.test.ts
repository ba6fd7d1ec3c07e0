import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compilePatterns } from "../../../src/core/leaks/patterns.ts";
import { MAX_LEAD_BYTES } from "../../../src/core/leaks/token-format.ts";

for (const format of FORMATS) {
  test(`row 105: format ${format.id} finds its samples, once each and no near miss`, () => {
    const set = compilePatterns([format]);
    assert.ok(format.samples().length > 0 && format.nearMisses().length > 0);
    for (const sample of format.samples()) {
      assert.equal(set.scan(Buffer.from(sample), true).matches.length, 1, sample);
    }
    for (const miss of format.nearMisses()) {
      assert.deepEqual(set.scan(Buffer.from(miss), true).matches, [], miss);
    }
  });
}

test("formats are told apart by ids that never clash, and say where they come from", () => {
  assert.equal(new Set(FORMATS.map(({ id }) => id)).size, FORMATS.length);
  assert.equal(new Set(FORMATS.map(({ name }) => name)).size, FORMATS.length);
  assert.ok(FORMATS.length >= 120);
  for (const { id, source, lead, keywords, minBytes, maxBytes } of FORMATS) {
    assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    assert.ok(source.length > 5, id);
    assert.ok((lead?.max ?? 0) <= MAX_LEAD_BYTES && minBytes <= maxBytes, id);
    for (const keyword of keywords) assert.ok(keyword.length >= (lead === null ? 3 : 2), `${id}: ${keyword}`);
  }
});
