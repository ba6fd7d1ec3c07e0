import assert from "node:assert/strict";
import { parseStrictJson } from "../../../src/core/wire/strict-json.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

/** Reasons for which we refuse what JSON.parse takes. */
const STRICTER = /twice|surrogate|out of range|deeply|UTF-8|byte order/;
const WORDS = [
  ...'{ } [ ] , : " "a" "b" "\\u0061" \\ 1 - . e 0 true null \\ud800 é \' \ufeff \u2028 \u0000'.split(" "),
  " ",
  "\n",
];

function parsed(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

export const target: FuzzTarget = {
  name: "strict-json",
  promise: "row 137: JSON is read as JSON.parse reads it, or refused; the reasons to refuse what it takes are few",
  parsers: ["src/core/wire/strict-json.ts"],
  input: fc.oneof(
    wordsOf(WORDS, 14),
    fc.json().map((text) => Buffer.from(text)),
    fc.jsonValue({ noUnicodeString: false }).map((value) => Buffer.from(JSON.stringify(value))),
  ),
  runs: 20_000,
  check: (input) => {
    const ours = parseStrictJson(input);
    const theirs = parsed(input.toString("utf8"));
    if (ours.ok) {
      assert.ok(theirs !== null, "only ours accepts it");
      assert.equal(JSON.stringify(ours.value), JSON.stringify(theirs.value));
    } else if (theirs !== null) assert.match(ours.why, STRICTER);
    return ours.ok;
  },
};
