import assert from "node:assert/strict";
import { isLoginField, isLoginParameter } from "../../../src/core/wire/login-names.ts";
import { foldedField, isOverrideField } from "../../../src/core/wire/override-fields.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const WORDS =
  "x http method override forwarded original url authorization token api key secret csrf page - _ . X T [ ] \0".split(
    " ",
  );

/** The same name as other clients would write it. */
const spellings = (name: string): readonly string[] => [
  name.toUpperCase(),
  name.replaceAll("-", "_"),
  name.replaceAll("-", "."),
];

export const target: FuzzTarget = {
  name: "field-names",
  promise: "rows 50, 62, 99: what a name means does not depend on its case or on what stands between its words",
  parsers: ["src/core/wire/override-fields.ts", "src/core/wire/login-names.ts"],
  input: fc.oneof(wordsOf(WORDS, 6), wordsOf(WORDS, 3)),
  runs: 10_000,
  check: (input) => {
    const name = input.toString("latin1");
    const folded = foldedField(name);
    assert.match(folded, /^[a-z0-9-]*$/);
    assert.equal(foldedField(folded), folded);
    for (const other of spellings(folded)) {
      assert.equal(foldedField(other), folded);
      assert.equal(isLoginField(other), isLoginField(folded), other);
      assert.equal(isLoginParameter(`${other}[]`), isLoginParameter(folded), other);
      assert.equal(isOverrideField(foldedField(other)), isOverrideField(folded), other);
    }
    return isLoginField(folded) || isOverrideField(folded);
  },
};
