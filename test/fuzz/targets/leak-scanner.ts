import assert from "node:assert/strict";
import { createLeakScanner } from "../../../src/core/leaks/leak-scanner.ts";
import { compileNeedles, type NeedleSet } from "../../../src/core/leaks/needles.ts";
import { cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const SECRET = "hunter2-hunter2-K7";
const CANARY = "canary-9f8e7d6c5b4a";
const FORMS = [SECRET, CANARY].flatMap((value) => {
  const bytes = Buffer.from(value);
  return [value, bytes.toString("base64"), bytes.toString("hex"), encodeURIComponent(value).replace("-", "%2d")];
});

function setOf(name: string, value: string): NeedleSet {
  const reading = compileNeedles([{ name, value }]);
  assert.ok(reading.ok);
  return reading.set;
}

const SEARCH = { known: setOf("known", SECRET), canaries: setOf("canary", CANARY), patterns: false };

/** Pieces of the values among what a layout has between fields. */
function layoutOf(between: readonly string[]) {
  const pieces = [SECRET, CANARY].flatMap((value) => [value.slice(0, 5), value.slice(5, 6), value.slice(6)]);
  const [first = ""] = between;
  return wordsOf([...between, ...between, ...pieces, "x".repeat(200)], 24).map((input) =>
    Buffer.concat([Buffer.from(first), input]),
  );
}

/** What is handed on where every finding is masked, and what was found. */
function scan(pieces: readonly Buffer[]): { readonly text: string; readonly found: readonly string[] } {
  const found: string[] = [];
  const scanner = createLeakScanner(SEARCH, ({ kind, name, start, end }) => {
    found.push(`${start}-${end} ${kind} ${name}`);
    return "mask";
  });
  const out = Buffer.concat([...pieces.map((piece) => scanner.push(piece)), scanner.flush()]);
  return { text: out.toString("latin1"), found: found.sort() };
}

export const target: FuzzTarget = {
  name: "leak-scanner",
  promise:
    "rows 105, 108, 109: what leaves is the same in any pieces, as long as before, and holds no plain known value",
  parsers: [],
  input: fc.oneof(
    wordsOf([...FORMS, ...FORMS.map((form) => form.slice(0, -1)), " ", "\n", "-", "%2d", "aGV", "x".repeat(30)], 8),
    wordsOf([SECRET.slice(0, 9), SECRET.slice(9), CANARY.slice(0, 9), CANARY.slice(9)], 8),
    layoutOf(['{"a":"', '","b":"', '":"', '"}', '["', '", "', "\\", "\\u006"]),
    layoutOf(["a=", "&b=", "&", "; ", "%"]),
    layoutOf(["--e\r\n", "--e\n\n", "--e--", "\r\n", "\n", "\r\n--e\r\n\r\n", "name: x\r\n\r\n"]),
  ),
  runs: 1000,
  check: (input) => {
    const [whole, ...cut] = cutInWays(input).map(scan);
    assert.ok(whole !== undefined);
    for (const other of cut) assert.deepEqual(other, whole);
    const text = input.toString("latin1");
    assert.equal(whole.text.length, text.length);
    for (const value of [SECRET, CANARY]) {
      assert.ok(!whole.text.includes(value));
      if (text.includes(value)) assert.notEqual(whole.found.length, 0);
    }
    if (whole.found.length === 0) assert.equal(whole.text, text);
    return whole.found.length > 0;
  },
};
