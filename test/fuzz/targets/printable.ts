import assert from "node:assert/strict";
import { printable, printableLines } from "../../../src/core/wire/printable.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const ODD = "\n \r \t \u001b[31m \u007f \u0085 \u009b \u200b \u200e \u202e \u2028 \u2066 \ufeff \\ é 漢 😀".split(" ");
const MOVES = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

export const target: FuzzTarget = {
  name: "printable",
  promise: "rows 129, 152: nothing that moves a cursor, hides or reorders text is printed, whatever the text was",
  parsers: ["src/core/wire/printable.ts"],
  input: fc.oneof(
    wordsOf(ODD, 12),
    fc.array(fc.constantFrom(...ODD), { maxLength: 12 }).map((words) => Buffer.from(words.join(""), "utf8")),
  ),
  runs: 10_000,
  check: (input) => {
    let changed = false;
    for (const text of [input.toString("utf8"), input.toString("latin1"), input.toString("utf16le")]) {
      const shown = printable(text);
      changed ||= shown !== text;
      assert.ok(shown.isWellFormed() && !MOVES.test(shown), shown);
      assert.equal(printable(shown), shown);
      const lines = printableLines(text);
      assert.ok(lines.isWellFormed() && !MOVES.test(lines.replace(/[\n\t]/g, "")), lines);
    }
    return changed;
  },
};
