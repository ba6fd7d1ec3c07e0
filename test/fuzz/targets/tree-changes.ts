import assert from "node:assert/strict";
import { BottleError } from "../../../src/core/model/errors.ts";
import { parseTreeChanges } from "../../../src/core/wire/tree-changes.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const NONE = "0".repeat(40);
const ID = "0123456789abcdef".repeat(3).slice(0, 40);
const WORDS = [
  ":100644 ",
  "120000 ",
  "000000 ",
  `${ID} `,
  `${NONE} `,
  "M\0",
  "A\0",
  "D\0",
  `${ID}\0`,
  "a/b\0",
  "\0",
  "é",
];
const line = fc
  .tuple(
    fc.constantFrom("100644", "100755", "120000", "000000"),
    fc.constantFrom("A", "D", "M", "T"),
    fc.string({ maxLength: 6, unit: "binary" }),
  )
  .map(([mode, letter, path]) => `:${mode} 100644 ${NONE} ${ID} ${letter}\0${path}\0`);

/** The same list by one expression over all of it; null when that does not fit. */
function readSlowly(text: string): readonly unknown[] | null {
  const line = /(?:[0-9a-f]{40,64}|:([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [ADMT]\0([^\0]+))\0/y;
  const changes: unknown[] = [];
  while (line.lastIndex < text.length) {
    const found = line.exec(text);
    if (found === null) return null;
    const [, oldMode, newMode, oldId, newId, path] = found;
    if (path === undefined) continue;
    const side = (mode: string | undefined, id: string | undefined) => (mode === "000000" ? null : { mode, id });
    changes.push({ path, before: side(oldMode, oldId), after: side(newMode, newId) });
  }
  return changes;
}

export const target: FuzzTarget = {
  name: "tree-changes",
  promise:
    "row 139: git's list of changes is read whole, and written again it is the same bytes; anything else is an error of ours",
  parsers: ["src/core/wire/tree-changes.ts"],
  input: fc.oneof(
    fc.array(line, { maxLength: 4 }).map((lines) => Buffer.from(lines.join(""), "latin1")),
    wordsOf(WORDS, 12),
  ),
  runs: 10_000,
  check: (input) => {
    const mine = readSlowly(input.toString("latin1"));
    try {
      assert.deepEqual(parseTreeChanges(input), mine);
    } catch (error) {
      if (!(error instanceof BottleError)) throw error;
      assert.deepEqual([error.code, mine], ["WORK_UNREADABLE", null]);
    }
    return mine !== null && mine.length > 0;
  },
};
