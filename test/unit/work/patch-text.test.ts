import assert from "node:assert/strict";
import { test } from "node:test";
import { patchPainter } from "../../../src/core/work/patch-text.ts";
import fc from "../../support/properties.ts";

const PATCH = [
  "diff --git a/x b/x",
  "index 1..2 100644",
  "--- a/x",
  "+++ b/x",
  "@@ -1,2 +1,3 @@ function f()",
  " same",
  "--- gone, and no header",
  "+++ come, and no header",
  "+\tmore",
  "\\ No newline at end of file",
  "diff --git a/y b/y",
];

test("lines are coloured as git has them, by where they stand and not by how they begin", () => {
  const paint = patchPainter(true);
  const colours = PATCH.map((line) => /^\u001b\[(\d+)m/.exec(paint(line))?.[1] ?? "-");
  assert.deepEqual(colours, ["1", "1", "1", "1", "36", "-", "31", "32", "32", "-", "1"]);
});

test("row 129: no line brings a control or bidirectional character to a terminal", () => {
  const paint = patchPainter(false);
  assert.equal(paint("+a\u001b[2J\u202e\tb\r"), "+a\\x1b[2J\\u{202e}\tb\\x0d");
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), fc.boolean(), (lines, colour) => {
      const painter = patchPainter(colour);
      for (const line of lines) {
        const plain = painter(line.replaceAll("\n", "")).replaceAll(/\u001b\[\d*m/g, "");
        assert.doesNotMatch(plain, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e]/u);
      }
    }),
  );
});

test("a line without end is cut, and says so", () => {
  assert.match(patchPainter(false)(`+${"x".repeat(10_000)}`), /… \(1809 more characters\)$/);
});
