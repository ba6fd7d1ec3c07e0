import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHAPTERS, CLAUSES } from "../../contract/chapters.ts";
import { SHOWN_COLUMNS } from "../../contract/columns.ts";
import { contenders } from "../../contract/contenders.ts";
import { TRIED_AND_REFUSED } from "../../contract/refused.ts";
import { differences, exemptions, type Outcome, recordedResults } from "../../contract/results.ts";

const ids = CLAUSES.map(({ id }) => id);

test("each clause of the contract has an id of its own", () => {
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
});

test("no contender is excused from a clause that does not exist, and each excuse has words", () => {
  for (const contender of contenders()) {
    for (const [id, why] of exemptions(contender)) {
      assert.ok(ids.includes(id), `${contender.column}: ${id}`);
      assert.match(why, /\w+ \w+/, `${contender.column}: ${id}`);
    }
  }
});

test("what is on record is clauses of today, and none that is known to fail", () => {
  const columns = new Set([...SHOWN_COLUMNS, ...contenders().map(({ column }) => column)]);
  for (const column of columns) {
    const recorded = recordedResults(column);
    assert.ok(recorded !== null, `${column}: nothing on record`);
    for (const [id, outcome] of Object.entries(recorded.clauses)) {
      assert.ok(ids.includes(id), `${column}: ${id}`);
      assert.match(outcome, /^(?:holds$|exempt: \w)/, `${column}: ${id}`);
    }
  }
});

test("what was tried and is refused names a test that there is, or says that it was tried by hand", () => {
  for (const { what, words, test: shownBy } of TRIED_AND_REFUSED) {
    if (shownBy === null) assert.deepEqual(words, [], what);
    else assert.ok(existsSync(join(import.meta.dirname, "../../..", shownBy)) && words.length > 0, what);
  }
});

test("where commands are not confined nothing is tried that would break out", () => {
  const confined = CHAPTERS.filter((chapter) => chapter.confined).flatMap(({ clauses }) => clauses);
  assert.ok(confined.length >= 15);
  for (const contender of contenders()) {
    if (contender.unconfined === null) continue;
    const reasons = exemptions(contender);
    for (const { id } of confined) assert.ok(reasons.has(id), `${contender.column}: ${id}`);
  }
});

test("a promise that is on record as kept and was not shown, a new one and one that is gone are told", () => {
  const [first = "", second = "", third = ""] = ids;
  const recorded = { on: "", clauses: { [first]: "holds", [second]: "exempt: no door", gone: "holds" } } as const;
  const shown = new Map<string, Outcome>([
    [first, "fails: its test"],
    [second, "exempt: another word"],
    [third, "holds"],
  ]);
  assert.deepEqual(
    differences(recorded, shown).map((line) => line.split(":")[0]),
    [first, second, third, "gone"],
  );
  assert.deepEqual(differences({ on: "", clauses: { [first]: "holds" } }, new Map([[first, "holds"]])), []);
  assert.deepEqual(differences(null, shown), ["nothing is on record"]);
});
