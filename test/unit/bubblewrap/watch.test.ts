import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { judgeUsage, type Measured, readUsage } from "../../../src/backends/bubblewrap/watch.ts";

const process_ = (pid: number, memoryBytes: number, threads = 1): Measured => ({
  identity: { pid, startTime: pid, bootId: "b" },
  memoryBytes,
  threads,
});
const limits = { memoryBytes: 100, pids: 4 };

test("what the kernel says of a process is read; a zombie has no memory, a line without threads is nobody", () => {
  const own = readUsage(readFileSync("/proc/self/status", "latin1"));
  assert.ok(own !== null && own.memoryBytes > 1 << 20 && own.threads > 1);
  assert.deepEqual(readUsage("Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n"), { memoryBytes: 0, threads: 1 });
  assert.equal(readUsage(""), null);
});

test("row 154: over the memory of all the largest goes, over the processes all go, at the limits nobody", () => {
  assert.deepEqual(judgeUsage([], limits), { end: "none" });
  assert.deepEqual(judgeUsage([process_(1, 50), process_(2, 50, 3)], limits), { end: "none" });
  assert.deepEqual(judgeUsage([process_(1, 50), process_(2, 51)], limits), {
    end: "largest",
    process: process_(2, 51),
  });
  assert.deepEqual(judgeUsage([process_(1, 500, 2), process_(2, 1, 3)], limits), { end: "all" });
});
