import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allTargets, runTarget } from "../support/fuzz/run-target.ts";
import type { FuzzTarget } from "../support/fuzz/target.ts";
import fc, { seed } from "../support/properties.ts";

const targets = await allTargets();
/** Writes only what we made ourselves. */
const NO_PARSER = ["tar-writer.ts"];

for (const target of targets) {
  test(target.promise, async () => {
    const { failure, taken } = await runTarget(target, { iterations: target.runs, seed });
    if (failure !== null)
      throw new Error(`npm run fuzz -- ${target.name} --seed ${seed} --iters ${target.runs}`, { cause: failure.error });
    assert.ok(taken > target.runs / 100, `of ${target.runs} inputs only ${taken} were taken: nothing was tried`);
  });
}

test("every parser of bytes from inside has a target", () => {
  const files = readdirSync(join(import.meta.dirname, "../../src/core/wire")).filter((it) => !NO_PARSER.includes(it));
  const parsers = new Set(targets.flatMap((target) => target.parsers));
  assert.deepEqual(
    files.map((file) => `src/core/wire/${file}`).filter((path) => !parsers.has(path)),
    [],
  );
});

test("a broken promise is found, made small, and found again by the same seed", async () => {
  let closed = 0;
  const broken: FuzzTarget = {
    name: "broken",
    promise: "no input has two bytes above 200",
    parsers: [],
    input: fc.uint8Array({ maxLength: 40 }),
    runs: 1,
    check: (input) => {
      assert.ok(input.filter((byte) => byte > 200).length < 2);
      return true;
    },
    close: async () => {
      closed += 1;
    },
  };
  const [one, other] = [
    await runTarget(broken, { iterations: 1000, seed: 7 }),
    await runTarget(broken, { iterations: 1000, seed: 7 }),
  ];
  assert.deepEqual([...(one.failure?.input ?? [])], [201, 201]);
  assert.deepEqual(other.failure?.input, one.failure?.input);
  assert.equal(other.runs, one.runs);
  assert.equal(closed, 2);
});
