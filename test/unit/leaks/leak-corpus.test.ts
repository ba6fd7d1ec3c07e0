import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compilePatterns } from "../../../src/core/leaks/patterns.ts";
import { LEAK_PLACES, leakOf } from "../../support/leaks/leak-corpus.ts";

/** In a host name a token has lost its upper case, and stands in pieces. */
const WITHOUT_HOSTS = LEAK_PLACES.filter((place) => place !== "host label");

for (const format of FORMATS) {
  test(`row 105: ${format.id} is found in plain and in gzip at every place that can hold it`, () => {
    const set = compilePatterns([format]);
    for (const sample of format.samples()) {
      let seen = 0;
      for (const place of WITHOUT_HOSTS) {
        for (const encoding of ["plain", "gzip"] as const) {
          const leak = leakOf(sample, place, encoding);
          if (leak === null) continue;
          const bytes = encoding === "gzip" ? gunzipSync(leak.bytes) : leak.bytes;
          assert.equal(set.scan(bytes, true).matches.length, 1, `${place}: ${bytes}`);
          seen++;
        }
      }
      assert.ok(seen >= 2, sample);
    }
  });
}
