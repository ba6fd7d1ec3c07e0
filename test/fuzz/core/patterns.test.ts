import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compileStrictPatterns, MAX_TOKEN_BYTES } from "../../../src/core/leaks/patterns.ts";
import { cutInPieces } from "../../support/leaks/cut.ts";
import { scanInPieces } from "../../support/leaks/pieces.ts";
import fc from "../../support/properties.ts";

const set = compileStrictPatterns();
const samples = FORMATS.flatMap((format) => format.samples());
const keywords = FORMATS.flatMap((format) => format.keywords);
const nearMisses = FORMATS.flatMap((format) => format.nearMisses());

/** Tokens, what is like them, parts of them, and what may stand around them. */
const part = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...samples) },
  { weight: 2, arbitrary: fc.constantFrom(...nearMisses) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...samples), fc.nat(80)).map(([it, length]) => it.slice(0, length)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...keywords) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      " ",
      "\n",
      "\\n",
      '"',
      "=",
      "%3D",
      "\\u0022",
      "\u001b[31m",
      "x",
      "-",
      "_",
      ".",
      "/",
      ": ",
      "é",
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const text = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join("")));
const lengths = fc.array(fc.oneof(fc.nat(3), fc.nat(60), fc.nat(5000)), { maxLength: 60 });

test("rows 105, 108: however a text is cut, the same tokens are found in it", () => {
  fc.assert(
    fc.property(text, lengths, (bytes, sizes) => {
      const whole = set
        .scan(bytes, true)
        .matches.toSorted((a, b) => a.start - b.start || (a.format < b.format ? -1 : 1));
      const { matches, masked, held } = scanInPieces(set, cutInPieces(bytes, sizes));
      assert.deepEqual(
        matches.toSorted((a, b) => a.start - b.start || (a.format < b.format ? -1 : 1)),
        whole,
      );
      const hidden = Buffer.from(bytes);
      for (const { start, end } of whole) hidden.fill("*", start, end);
      assert.deepEqual(masked, hidden);
      assert.ok(held <= MAX_TOKEN_BYTES);
    }),
    { numRuns: 5000 },
  );
});
