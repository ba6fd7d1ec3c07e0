/**
 * The fake smolvm beside what real ones of the same releases were seen to do without a VM (test/support/smolvm/seen, written
 * by the canary). It may know less than they do: then a driver that asks for it fails. It may not take what they refuse.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { flagDifferences, type Seen, see, tableFlags } from "../../support/smolvm/comparison.ts";
import { smolvmWorld } from "../../support/smolvm.ts";

const FOLDER = join(import.meta.dirname, "../../support/smolvm/seen");
const skip = skipWithout("root", "bubblewrap");
/** What the fake one lets through as yet: no driver says it. */
const UNCHECKED = /--cpus 0|--mem 32|-v \S+ -v/;
const codes = ({ answers }: Seen) =>
  answers.flatMap(({ call, answer }) => (UNCHECKED.test(call) ? [] : [`${answer.split(" ")[0]} ${call}`]));

const files = globSync("*.json", { cwd: FOLDER }).sort();

test("some releases were seen", () => {
  assert.ok(files.length >= 4);
});

const seen = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Seen;

test("a release that passes for another one is found out", () => {
  const lines = flagDifferences({ release: "1.9.3", flags: seen("1.4.1.json").flags }).join("\n");
  assert.match(lines, /machine create: only the fake one has .*--mount-socket VALUE/);
});

for (const file of files) {
  const real = seen(file);

  test(`at ${real.release} the fake one takes no option that the real one does not show`, () => {
    for (const [command, shown] of Object.entries(real.flags)) {
      const more = (tableFlags(real.release, command) ?? []).filter((flag) => shown?.includes(flag) !== true);
      assert.deepEqual(more, [], command);
    }
  });

  test(`at ${real.release} the fake one ends as the real one did, and lists no more of a machine`, {
    skip,
  }, async () => {
    const world = smolvmWorld(real.release);
    try {
      const fake = await see(world.program, world.image);
      assert.deepEqual(codes(fake), codes(real));
      assert.deepEqual(
        fake.keys.filter((key) => !real.keys.includes(key)),
        [],
      );
    } finally {
      world.dispose();
    }
  });
}
