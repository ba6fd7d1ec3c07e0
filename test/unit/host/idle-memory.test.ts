import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedDataVersionTag, getHeapStatistics } from "node:v8";
import { collect, restAfterWork } from "../../../src/host/idle-memory.ts";

test("memory is given back once after each time of work, when a rest has begun", () => {
  const due = restAfterWork(400);
  // [processor time so far in ms, ms since the last look, is it time]
  const looks: readonly (readonly [number, number, boolean])[] = [
    [900, 5000, false], // still at work
    [910, 5000, true],
    [950, 0, false], // collected, at the cost of 40 ms
    [955, 5000, false], // nothing was done since
    [1100, 5000, false],
    [1105, 5000, false], // too little was done since
    [3000, 5000, false],
    [3001, 5000, true],
    [3040, 0, false],
    [3041, 5000, false],
  ];
  for (const [cpu, elapsed, expected] of looks) assert.equal(due(cpu, elapsed), expected, `at ${cpu} ms`);
});

test("the work before the first look is a start's", () => {
  assert.equal(restAfterWork(400)(401, 5000), true);
  assert.equal(restAfterWork(100)(101, 5000), false);
});

test("a collection frees what nobody refers to, and leaves V8's flags as they were for code that is cached", async () => {
  const tag = cachedDataVersionTag();
  let kept: unknown[] | null = Array.from({ length: 1 << 19 }, (_, n) => ({ n }));
  await collect();
  const full = getHeapStatistics().total_physical_size;
  assert.equal(kept.length, 1 << 19);
  kept = null;
  await collect();
  const freed = full - getHeapStatistics().total_physical_size;
  assert.ok(freed > 8 << 20, `${freed} bytes came back`);
  assert.equal(cachedDataVersionTag(), tag);
  assert.equal(Reflect.get(globalThis, "gc"), undefined);
});
