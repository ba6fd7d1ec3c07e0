import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMultipartReader, createUrlencodedReader, type FormReader } from "../../../src/core/wire/form-fields.ts";

/** The last value that was seen of each field, in order of their beginnings. */
function read(reader: FormReader, text: string, cuts: readonly number[]): readonly string[] {
  const seen: string[] = [];
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  for (const [i, start] of [0, ...places].entries()) {
    for (const { name, value } of reader.push(Buffer.from(text.slice(start, places[i] ?? text.length), "latin1")) ??
      []) {
      if (/method/i.test(name)) seen.push(`${name}=${value}`);
    }
  }
  return [...new Set(seen)];
}

const cuts = fc.array(fc.nat(2000), { maxLength: 8 });

test("row 62: an urlencoded form names the same fields at every cut", () => {
  const token = fc.constantFrom("_method", "%5f", "=", "&", ";", "DELETE", "+", "%20", "a", "[", "%");
  fc.assert(
    fc.property(fc.array(token, { maxLength: 20 }), cuts, (tokens, at) => {
      const text = tokens.join("");
      const whole = read(createUrlencodedReader(), text, []);
      const cut = read(createUrlencodedReader(), text, at);
      for (const field of whole) assert.ok(cut.includes(field), `${text}: ${field}`);
    }),
    { numRuns: 10_000 },
  );
});

test("row 62: a multipart form names the same fields at every cut", () => {
  const token = fc.constantFrom(
    "--b",
    "\r\n",
    "\n",
    "\r\n\r\n",
    'x; name="_method"',
    "name=_method",
    "DELETE",
    "--",
    "-",
    "a",
  );
  const reader = () => createMultipartReader("multipart/form-data; boundary=b") as FormReader;
  fc.assert(
    fc.property(fc.array(token, { maxLength: 20 }), cuts, (tokens, at) => {
      const text = tokens.join("");
      const whole = read(reader(), text, []);
      const cut = read(reader(), text, at);
      for (const field of whole)
        assert.ok(cut.includes(field), `${JSON.stringify(text)}: ${field} of ${cut.join(" ")}`);
    }),
    { numRuns: 20_000 },
  );
});

test("random bytes never throw and keep little", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (pieces) => {
      for (const reader of [createUrlencodedReader(), createMultipartReader("multipart/x; boundary=-")]) {
        for (const piece of pieces) reader?.push(piece);
      }
    }),
    { numRuns: 2000 },
  );
});
