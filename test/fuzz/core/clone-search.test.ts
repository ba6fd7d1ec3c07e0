import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { cloneSearch } from "../../../src/session/work/clone-search.ts";
import fc from "../../support/properties.ts";

const VALUE = "sk-test-0123456789";
const noise = fc.string({ maxLength: 30 });

test("row 89: history and files of a clone are told apart at any cut, and each is searched whole", () => {
  const piece = fc.tuple(noise, fc.boolean(), noise).map(([before, hit, after]) => ({
    text: before + (hit ? VALUE : "") + after,
    hit,
  }));
  fc.assert(
    fc.property(piece, piece, fc.array(fc.nat(200), { maxLength: 8 }), (history, files, cuts) => {
      const bytes = Buffer.byteLength(history.text);
      const all = Buffer.from(`format sha1\nhistory-whole ${bytes}\n\n${history.text}${files.text}`);
      const search = cloneSearch([new Secret("S", VALUE)]);
      const ends = [...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
      ends.forEach((end, at) => {
        search.push(all.subarray(ends[at - 1] ?? 0, end));
      });
      assert.deepEqual(search.report()?.history, { bytes, whole: true });
      assert.deepEqual([...search.inHistory], history.hit ? ["S"] : []);
      assert.deepEqual([...search.inFiles], files.hit ? ["S"] : []);
    }),
    { numRuns: 2000 },
  );
});

test("what is no report is none, and what comes without a history is searched as files", () => {
  const broken = cloneSearch([new Secret("S", VALUE)]);
  broken.push(Buffer.from(`fatal: no\n\n${VALUE}`));
  assert.equal(broken.report(), null);
  assert.deepEqual([...broken.inFiles], ["S"]);
});
