import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodedForms } from "../../../src/core/leaks/forms.ts";
import { compileNeedles, createDetector, createScrubber } from "../../../src/core/leaks/needles.ts";

/** Few letters, so that values begin alike, repeat and overlap. */
const value = fc
  .array(fc.constantFrom("a", "b", "A", "é", '"'), { minLength: 8, maxLength: 14 })
  .map((it) => it.join(""));

/** A text in which whole and half forms of the values stand close together, and where to cut it. */
const scene = fc.array(value, { minLength: 1, maxLength: 4 }).chain((values) => {
  const forms = values.flatMap((it) => encodedForms(it).map((form) => form.toString("latin1")));
  const part = fc.oneof(
    fc.constantFrom(...forms),
    fc.tuple(fc.constantFrom(...forms), fc.nat(30)).map(([form, length]) => form.slice(0, length)),
    fc.constantFrom("a", "b", "ab", " ", "*", "\n"),
  );
  return fc.record({
    values: fc.constant(values),
    text: fc.array(part, { maxLength: 8 }).map((parts) => Buffer.from(parts.join(""), "latin1")),
    cuts: fc.array(fc.nat(20), { maxLength: 20 }),
  });
});

/** The slow and plain meaning of scrubbing: every byte that lies in any occurrence of any form is a star. */
function masked(values: readonly string[], text: Buffer): string {
  const lower = (bytes: Buffer): string => bytes.toString("latin1").replace(/[A-Z]/g, (it) => it.toLowerCase());
  const folded = lower(text);
  const out = Buffer.from(text);
  for (const form of values.flatMap((it) => encodedForms(it))) {
    const needle = lower(form);
    for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + 1))
      out.fill("*", at, at + needle.length);
  }
  return out.toString("latin1");
}

function pieces(text: Buffer, cuts: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of cuts) {
    chunks.push(text.subarray(at, at + length));
    at += length;
  }
  return [...chunks, text.subarray(at)];
}

test("row 90, 94, 108: any values in any text cut anywhere: exactly the occurrences are masked", () => {
  fc.assert(
    fc.property(scene, ({ values, text, cuts }) => {
      const reading = compileNeedles(values.map((it, i) => ({ name: `${i}`, value: it })));
      assert.ok(reading.ok);
      const scrubber = createScrubber(reading.set);
      const out = [...pieces(text, cuts).map((chunk) => scrubber.push(chunk)), scrubber.flush()];
      const expected = masked(values, text);
      assert.equal(Buffer.concat(out).toString("latin1"), expected);
      const detector = createDetector(reading.set);
      const found = pieces(text, cuts).flatMap((chunk) => detector.push(chunk));
      assert.equal(found.length > 0, scrubber.count > 0);
      assert.equal(new Set(found).size, found.length);
    }),
    { numRuns: 3000 },
  );
});

test("row 89: the held tail is never longer than the longest form", () => {
  fc.assert(
    fc.property(scene, ({ values, text, cuts }) => {
      const reading = compileNeedles(values.map((it, i) => ({ name: `${i}`, value: it })));
      assert.ok(reading.ok);
      const longest = Math.max(...values.flatMap((it) => encodedForms(it).map((form) => form.length)));
      const scrubber = createScrubber(reading.set);
      let held = 0;
      for (const chunk of pieces(text, cuts)) {
        held += chunk.length - scrubber.push(chunk).length;
        assert.ok(held >= 0 && held < longest);
      }
    }),
    { numRuns: 1000 },
  );
});
