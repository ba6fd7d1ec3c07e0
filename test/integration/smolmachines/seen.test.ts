/**
 * The fake smolvm beside what real ones of the same releases were seen to do without a VM (test/support/smolvm/seen, written
 * by the canary): it knows the same options, answers in the same words, and lists the same of a machine. What is the same
 * at 1.9.1 and at 1.10.0 was so at 1.9.3.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { answerDifferences, flagDifferences, type Seen, see } from "../../support/smolvm/comparison.ts";
import { smolvmWorld } from "../../support/smolvm.ts";

const FOLDER = join(import.meta.dirname, "../../support/smolvm/seen");
const skip = skipWithout("root", "bubblewrap");

const files = globSync("*.json", { cwd: FOLDER }).sort();

test("some releases were seen", () => {
  assert.ok(files.length >= 6);
});

const seen = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Seen;

test("a release that passes for another one is found out", () => {
  const lines = flagDifferences({ release: "1.9.3", flags: seen("1.4.1.json").flags }).join("\n");
  assert.match(lines, /machine create: only the fake one has .*--mount-socket <HOST_PATH:GUEST_PATH>/);
});

for (const file of files) {
  const real = seen(file);

  test(`at ${real.release} the fake one takes the options that the real one shows`, () => {
    assert.deepEqual(flagDifferences(real), []);
  });

  test(`at ${real.release} the fake one answers as the real one did`, { skip }, async () => {
    const world = smolvmWorld(real.release);
    try {
      const fake = await see(world.program, world.image);
      assert.equal(answerDifferences(real, fake).join("\n"), "");
      assert.equal(fake.answers.length, real.answers.length);
    } finally {
      world.dispose();
    }
  });
}
