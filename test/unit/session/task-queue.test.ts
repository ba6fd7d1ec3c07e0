import assert from "node:assert/strict";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { MachineLoad } from "../../../src/core/plan/load.ts";
import type { Ending } from "../../../src/session/ending.ts";
import { type QueuedTask, type QueueWays, runQueue, type TaskState } from "../../../src/session/task-queue.ts";

const QUIET: MachineLoad = { availableBytes: 2 ** 34, totalBytes: 2 ** 34, stalled: null, loadAverage: 0, cpus: 4 };
const tasks = (...names: readonly string[]): readonly QueuedTask[] =>
  names.map((name, index) => ({ name, line: index + 1 }));

/** FAKE bottles: each begins at once and ends when the test says so. */
function bench(more: Partial<QueueWays<QueuedTask>> = {}) {
  const begun: string[] = [];
  const said: string[] = [];
  const ends = new Map<string, (ending: Ending | null) => void>();
  const abort = new AbortController();
  let most = 0;
  const ways: QueueWays<QueuedTask> = {
    parallel: 2,
    load: () => QUIET,
    state: async () => "new",
    begin: async ({ name }, lost) => void begun.push(lost ? `${name} again` : name),
    ended: ({ name }) => {
      const ended = new Promise<Ending | null>((resolve) => ends.set(name, resolve));
      most = Math.max(most, ends.size);
      abort.signal.addEventListener("abort", () => ends.get(name)?.(null));
      return ended;
    },
    say: (line) => void said.push(line),
    signal: abort.signal,
    lookMs: 5,
    ...more,
  };
  const end = (name: string, exitCode = 0) => {
    ends.get(name)?.({ state: "exited", exitCode, endedAt: null });
    ends.delete(name);
  };
  return { begun, said, ways, abort, end, most: () => most };
}

/** Lets everything happen that needs no time. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test("as many at once as are allowed, in order; the next begins when one ends", async () => {
  const { begun, said, ways, end, most } = bench();
  const run = runQueue(tasks("a", "b", "c"), ways);
  await turn();
  assert.deepEqual(begun, ["a", "b"]);
  end("b", 3);
  await turn();
  assert.deepEqual(begun, ["a", "b", "c"]);
  end("c");
  end("a");
  const results = await run;
  assert.deepEqual(
    results.map((result) => [result.line, result.name, result.outcome, "exitCode" in result && result.exitCode]),
    [
      [1, "a", "ended", 0],
      [2, "b", "ended", 3],
      [3, "c", "ended", 0],
    ],
  );
  assert.equal(most(), 2);
  assert.equal(said.filter((line) => /waits: 2 of 2 run/.test(line)).length, 1, "what is waited for is said once");
});

test("it waits while the machine is short of memory, says so, and goes on when that is over", async () => {
  let free = 2 ** 20;
  const { begun, said, ways, end } = bench({ load: () => ({ ...QUIET, availableBytes: free }) });
  const run = runQueue(tasks("a"), ways);
  await turn();
  assert.deepEqual(begun, []);
  assert.match(said.join(), /waits: memory: 1 MiB free/);
  free = 2 ** 34;
  await turn();
  end("a");
  assert.equal((await run)[0]?.outcome, "ended");
});

test("what an earlier run began or ended is not begun again; what was lost is resumed", async () => {
  const states: { [name: string]: TaskState } = {
    done: { state: "exited", exitCode: 7, endedAt: null },
    going: "running",
    lost: "lost",
    next: "new",
  };
  const { begun, ways, end } = bench({ parallel: 9, state: async ({ name }) => states[name] ?? "new" });
  const run = runQueue(tasks("done", "going", "lost", "next"), ways);
  await turn();
  assert.deepEqual(begun, ["lost again", "next"]);
  for (const name of ["going", "lost", "next"]) end(name);
  assert.deepEqual(
    (await run).map((result) => [result.name, result.outcome === "ended" && result.before]),
    [
      ["done", true],
      ["going", false],
      ["lost", false],
      ["next", false],
    ],
  );
});

test("one that is refused keeps no other from running", async () => {
  const { begun, said, ways, end } = bench();
  const begin = async (task: QueuedTask, lost: boolean) => {
    if (task.name === "bad") throw new BottleError("SECRET_UNRESOLVED", "TOKEN is not set");
    await ways.begin(task, lost);
  };
  const run = runQueue(tasks("bad", "good"), { ...ways, begin });
  await turn();
  assert.deepEqual(begun, ["good"]);
  end("good");
  const [bad] = await run;
  assert.ok(bad?.outcome === "refused" && bad.error.code === "SECRET_UNRESOLVED");
  assert.match(said.join("\n"), /bad \(line 1\) did not start: TOKEN is not set \[SECRET_UNRESOLVED\]/);
});

test("after Ctrl-C nothing more begins, and what runs is left to run", async () => {
  const { begun, ways, abort } = bench({ parallel: 1 });
  const run = runQueue(tasks("a", "b", "c"), ways);
  await turn();
  abort.abort("SIGINT");
  assert.deepEqual(
    (await run).map(({ outcome }) => outcome),
    ["running", "waiting", "waiting"],
  );
  assert.deepEqual(begun, ["a"]);
});
