import assert from "node:assert/strict";
import { test } from "node:test";
import { createTurns } from "../../../src/gateway/turns.ts";

test("row 123: work that blocks is done one piece after the other, and the rest gets on in between", async () => {
  const turns = createTurns();
  const order: string[] = [];
  let busy = 0;
  const piece = (name: string) =>
    turns.take(() => {
      assert.equal(busy++, 0);
      order.push(name);
      setImmediate(() => order.push(`after ${name}`));
      busy--;
      return name;
    });
  assert.deepEqual(await Promise.all([piece("a"), piece("b"), piece("c")]), ["a", "b", "c"]);
  assert.deepEqual(order, ["a", "after a", "b", "after b", "c"]);
});

test("a piece that throws does not stop those behind it", async () => {
  const turns = createTurns();
  const broken = turns.take(() => {
    throw new Error("broken");
  });
  const next = turns.take(() => 1);
  await assert.rejects(broken, /broken/);
  assert.equal(await next, 1);
});
