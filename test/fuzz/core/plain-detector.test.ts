import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlainDetector } from "../../../src/core/leaks/plain.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import fc from "../../support/properties.ts";

test("row 89: a value is found in a stream exactly when it is there, however the stream is cut", () => {
  const text = fc.array(fc.constantFrom("a", "b", "ab", "é"), { maxLength: 30 }).map((parts) => parts.join(""));
  const value = fc.array(fc.constantFrom("a", "b", "é"), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
  let hits = 0;
  fc.assert(
    fc.property(
      text,
      fc.array(value, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(40), { maxLength: 6 }),
      (all, values, cuts) => {
        const bytes = Buffer.from(all);
        const detector = createPlainDetector(
          values.map((one, at) => ({ name: `n${at}`, value: new Secret(`n${at}`, one) })),
        );
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const found = new Set(ends.flatMap((end, at) => detector.push(bytes.subarray(ends[at - 1] ?? 0, end))));
        const expected = values.flatMap((one, at) => (bytes.includes(Buffer.from(one)) ? [`n${at}`] : []));
        hits += expected.length;
        assert.deepEqual([...found].sort(), expected);
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(hits > 500);
});
