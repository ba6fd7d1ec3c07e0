import assert from "node:assert/strict";
import {
  createMultipartReader,
  createUrlencodedReader,
  type FormReader,
  queryFields,
} from "../../../src/core/wire/form-fields.ts";
import { createJsonReader } from "../../../src/core/wire/json-fields.ts";
import { cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const URLENCODED = "_method %5f = & ; DELETE + %20 a [ %".split(" ");
const MULTIPART = ["--b", "\r\n", "\n", "\r\n\r\n", 'x; name="_method"', "name=_method", "DELETE", "--", "-", "a"];
const JSON_WORDS = ["{", "}", "[", "]", ",", ":", '"', '"_method"', '"DELETE"', "\\", "\\u005f", '"a"', "1", " "];

/** Every field named like a method that a reader saw, with each value that it had on the way. */
function seen(reader: FormReader | null, pieces: readonly Buffer[]): ReadonlySet<string> | null {
  const found = new Set<string>();
  for (const piece of pieces) {
    const fields = reader?.push(piece);
    if (fields == null) return null;
    for (const { name, value } of fields) if (/method/i.test(name)) found.add(`${name}=${value}`);
  }
  return found;
}

/** What JSON.parse says of an outermost `_method`, the reader must have seen; false when there is none. */
function jsonAgrees(input: Buffer): boolean {
  let value: unknown;
  try {
    value = JSON.parse(input.toString("latin1"));
  } catch {
    return false;
  }
  const method = typeof value === "object" && value !== null ? Reflect.get(value, "_method") : undefined;
  if (typeof method !== "string" || Array.isArray(value)) return false;
  assert.ok(
    createJsonReader()
      .push(input)
      ?.some((field) => field.name === "_method" && field.value === method),
  );
  return true;
}

export const target: FuzzTarget = {
  name: "form-fields",
  promise:
    "row 62: a form or JSON names the same fields at every cut, an urlencoded one those of a query, JSON those of JSON.parse",
  parsers: ["src/core/wire/form-fields.ts", "src/core/wire/json-fields.ts"],
  input: fc.oneof(wordsOf(URLENCODED, 20), wordsOf(MULTIPART, 20), wordsOf(JSON_WORDS, 16)),
  runs: 10_000,
  check: (input) => {
    let taken = false;
    for (const make of [
      createUrlencodedReader,
      () => createMultipartReader("multipart/form-data; boundary=b"),
      createJsonReader,
    ]) {
      const [whole, ...cut] = cutInWays(input).map((pieces) => seen(make(), pieces));
      // A form that is refused whole may be refused later or earlier in pieces, never taken.
      if (whole == null) continue;
      if (whole.size > 0) taken = true;
      for (const fields of cut) for (const field of fields === null ? [] : whole) assert.ok(fields?.has(field), field);
    }
    const query = queryFields(input.toString("latin1")).filter(({ name }) => name === "_method");
    const form = createUrlencodedReader().push(input) ?? [];
    if (input.length < 1024) for (const { value } of query) assert.ok(form.some((field) => field.value === value));
    taken = jsonAgrees(input) || taken;
    return taken;
  },
};
