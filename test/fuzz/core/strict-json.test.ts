import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseStrictJson } from "../../../src/core/wire/strict-json.ts";

/** Reasons for which we refuse what JSON.parse takes. */
const STRICTER = /twice|surrogate|out of range|deeply/;

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** Ours accepts exactly what JSON.parse accepts, but for the reasons above, and reads the same. */
function compare(text: string): void {
  const ours = parseStrictJson(Buffer.from(text, "utf8"));
  // What reaches the parser is UTF-8, where a lone surrogate of a JavaScript string has become a replacement character.
  const theirs = parsed(Buffer.from(text, "utf8").toString("utf8"));
  if (ours.ok) {
    assert.ok(theirs !== null, `only ours accepts ${JSON.stringify(text)}`);
    assert.equal(JSON.stringify(ours.value), JSON.stringify(theirs.value));
  } else if (theirs !== null) {
    assert.match(ours.why, STRICTER, JSON.stringify(text));
  }
}

const token = fc.constantFrom(
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  '"a"',
  '"b"',
  '"\\u0061"',
  "\\",
  "1",
  "-",
  ".",
  "e",
  "0",
  "true",
  "null",
  " ",
  "\n",
  "\ufeff",
  "\u2028",
  "\u0000",
  "\\ud800",
  "é",
  "'",
);

test("row 137: any run of JSON tokens is read as JSON.parse reads it, or refused", () => {
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 14 }).map((parts) => parts.join("")),
      compare,
    ),
    { numRuns: 30_000 },
  );
});

test("row 137: documents with one character changed", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), token, (text, at, piece) => {
      const place = at % (text.length + 1);
      compare(text.slice(0, place) + piece + text.slice(place));
      compare(text.slice(0, place) + text.slice(place + 1));
    }),
    { numRuns: 10_000 },
  );
});

test("everything that JSON.stringify writes is accepted", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const reading = parseStrictJson(Buffer.from(JSON.stringify(value)));
      assert.ok(reading.ok || STRICTER.test(reading.why));
    }),
    { numRuns: 5000 },
  );
});

/** Values of a document, itself included. */
function count(value: unknown): number {
  const inner = typeof value === "object" && value !== null ? Object.values(value) : [];
  return inner.reduce<number>((sum, it) => sum + count(it), 1);
}

test("row 123: a document passes exactly when it has no more values than it may", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: -1, max: 1 }), (value, room) => {
      const values = count(value) + room;
      const reading = parseStrictJson(Buffer.from(JSON.stringify(value)), { values });
      if (room < 0) assert.equal(reading.ok, false);
      else assert.ok(reading.ok || STRICTER.test(reading.why));
    }),
    { numRuns: 5000 },
  );
});

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => typeof parseStrictJson(bytes).ok === "boolean"),
    { numRuns: 5000 },
  );
});
