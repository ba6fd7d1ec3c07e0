import assert from "node:assert/strict";
import { test } from "node:test";
import { filesAtOnce, inTurns } from "../../../scripts/test/schedule.ts";

const many = (count: number, name: (index: number) => string) => Array.from({ length: count }, (_, n) => name(n));

test("each file begins once, those of an engine apart from each other and none at the end", () => {
  const unit = many(40, (n) => `/docker/test/unit/a${n}.test.ts`);
  const e2e = many(10, (n) => `/docker/test/e2e/cli/b${n}.test.ts`);
  const engine = many(5, (n) => `/docker/test/contract/docker-c${n}.test.ts`);
  const order = inTurns([...unit, ...engine, ...e2e]);
  assert.deepEqual([...order].sort(), [...unit, ...engine, ...e2e].sort());
  const places = engine.map((file) => order.indexOf(file));
  assert.deepEqual(places, [0, 9, 18, 27, 36]);
  const others = order.filter((file) => !engine.includes(file));
  assert.deepEqual(others.slice(0, 10), e2e, "the longest suite begins");
  assert.deepEqual(others.slice(10), unit, "files of a suite keep their order");
});

test("with files of an engine alone, or none of them, the list stays whole", () => {
  const engine = many(3, (n) => `test/integration/docker/${n}.test.ts`);
  assert.deepEqual(inTurns(engine), engine);
  assert.deepEqual(inTurns(["/x/test/unit/a.test.ts"]), ["/x/test/unit/a.test.ts"]);
  assert.deepEqual(inTurns([]), []);
  // More of them than of the others.
  const order = inTurns([...engine, "test/unit/a.test.ts"]);
  assert.deepEqual(order, [...engine, "test/unit/a.test.ts"]);
});

test("half as many files again as processors run at once, or as many as were asked for", () => {
  assert.deepEqual(
    [1, 2, 3, 8].map((processors) => filesAtOnce(processors, undefined)),
    [2, 3, 5, 12],
  );
  assert.equal(filesAtOnce(2, "1"), 1);
  for (const asked of ["0", "many", "1.5", "-2", ""]) assert.throws(() => filesAtOnce(2, asked), /takes a number/);
});
