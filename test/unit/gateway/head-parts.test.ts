import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestFacts } from "../../../src/core/policy/decide.ts";
import { headParts } from "../../../src/gateway/head-parts.ts";

/** Places of a head over the fields of which secrets are put together. */
function fieldsIn(query: string | null, cookie: string): readonly string[] {
  const facts: RequestFacts = {
    scheme: "https",
    authority: { host: "api.example.test", kind: "name", port: 443 },
    method: "GET",
    path: "/",
    query,
    headers: [["Cookie", cookie]],
    upgrade: null,
    bodyLength: 0,
  };
  return headParts(facts).flatMap(({ where, fields }) => (fields === true ? [where] : []));
}

test("row 109: a query and a cookie are searched as fields where they have two values at least", () => {
  for (const text of ["a=1&b=2", "a=&=", "=;=", "x&a=1;b=2&c", "a==&b&="]) {
    assert.deepEqual(fieldsIn(text, text), ["query", "header cookie"], text);
  }
  for (const text of ["", "a", "a=1", "a=1&b", "a&b=2", "a==b", "&;&", "&a=;"])
    assert.deepEqual(fieldsIn(text, text), [], text);
  assert.deepEqual(fieldsIn(null, "a=1; b=2"), ["header cookie"]);
});

test("row 123: a query or a cookie full of signs stops nobody: its fields are told in one pass, not in hours", () => {
  for (const signs of ["=&", "=;", "&=", "=&="]) {
    const text = [...signs].map((sign) => sign.repeat(16_000 / signs.length)).join("");
    assert.equal(fieldsIn(text, text).length, signs === "=&=" ? 2 : 0);
  }
});
