import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrictJson } from "../../../src/core/wire/strict-json.ts";
import fc from "../../support/properties.ts";

/** Reasons for which we refuse what JSON.parse takes. */
const STRICTER = /twice|surrogate|out of range|deeply/;

/** Values of a document, itself included. */
function count(value: unknown): number {
  const inner = typeof value === "object" && value !== null ? Object.values(value) : [];
  return inner.reduce<number>((sum, it) => sum + count(it), 1);
}

test("row 123: a document passes exactly when it has no more values than it may", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: -1, max: 1 }), (value, room) => {
      const values = count(value) + room;
      const reading = parseStrictJson(Buffer.from(JSON.stringify(value)), { values });
      if (room < 0) assert.equal(reading.ok, false);
      else assert.ok(reading.ok || STRICTER.test(reading.why));
    }),
    { numRuns: 5000 },
  );
});
