import assert from "node:assert/strict";
import { test } from "node:test";
import { JSON_LIMITS, type JsonLimits, parseStrictJson } from "../../../src/core/wire/strict-json.ts";

const parse = (text: string, limits?: Partial<JsonLimits>) => parseStrictJson(Buffer.from(text, "utf8"), limits);

test("what is accepted equals JSON.parse", () => {
  for (const text of [
    "1",
    "-0.5e+3",
    '"a\\u00e9\\n\\/"',
    "[]",
    "{}",
    " [ 1 , true , false , null ] ",
    '{"a":{"b":[{}]},"":0}',
    '"\\ud83d\\ude00"',
    '"é😀"',
    "\t\r\n 0 ",
  ]) {
    const reading = parse(text);
    assert.ok(reading.ok, text);
    assert.equal(JSON.stringify(reading.value), JSON.stringify(JSON.parse(text)));
  }
});

const refused: readonly (readonly [title: string, texts: readonly string[]])[] = [
  [
    "row 137: duplicate keys, also when written in another way",
    [
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"x":{"a":1,"b":2,"a":3}}',
      '{"__proto__":1,"__proto__":2}',
      '{"":1,"":2}',
    ],
  ],
  ["text after the value", ["1 2", "{}{}", "[]x", "{},", '"a"b']],
  ["lone surrogates", ['"\\ud800"', '{"\\udc00":1}', '"\\ud83dx\\ude00"']],
  ["numbers beyond double range", ["1e400", "[-1e999]"]],
  [
    "what other dialects allow",
    [
      "",
      " ",
      "{a:1}",
      "{'a':1}",
      "[1,]",
      '{"a":1,}',
      "01",
      "+1",
      ".5",
      "1.",
      "0x1",
      "NaN",
      "Infinity",
      "tru",
      "nulll",
      "// x\n1",
      "/**/1",
      '"\\x41"',
      '"\\u12"',
      '"a',
      "[",
      "{",
      '{"a"',
      '{"a":',
      '{"a" 1}',
      "[1 2]",
      '"\u0001"',
      '"a\nb"',
      "\u00a01",
      "\ufeff1",
      "undefined",
    ],
  ],
];
for (const [title, texts] of refused) {
  test(`strict JSON refuses ${title}`, () => {
    for (const text of texts) assert.equal(parse(text).ok, false, JSON.stringify(text));
  });
}

test("a byte order mark and bytes that are not UTF-8 are refused", () => {
  for (const bytes of [
    [0xef, 0xbb, 0xbf, 0x31],
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0xaf, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x31, 0, 0x20, 0],
  ]) {
    assert.equal(parseStrictJson(Uint8Array.from(bytes)).ok, false, bytes.join(" "));
  }
});

test("deep nesting is refused, not a stack overflow", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(parse(nested(JSON_LIMITS.depth)).ok);
  assert.equal(parse(nested(JSON_LIMITS.depth + 1)).ok, false);
  assert.equal(parse(nested(1_000_000)).ok, false);
  assert.equal(parse('{"a":'.repeat(100_000)).ok, false);
  assert.equal(parse("[[1]]", { depth: 1 }).ok, false);
});

test("objects have no prototype: a key is only a key", () => {
  const reading = parse('{"__proto__":{"x":1},"constructor":2}');
  assert.ok(reading.ok);
  const value = reading.value as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal("toString" in value, false);
});

test("long strings with many escapes are read", () => {
  const text = JSON.stringify({ a: '"\n\\'.repeat(500_000) });
  assert.ok(parse(text).ok);
});

test("row 123: a document of many small values is refused before they are made", () => {
  const many = (value: string): string => `{"a":[${`${value},`.repeat(JSON_LIMITS.values)}0]}`;
  for (const value of ["{}", "[]", "0", "null", '""', '{"a":0}']) {
    const reading = parse(many(value));
    assert.equal(reading.ok === false && reading.why, "too many values", value);
  }
  const keys = Array.from({ length: JSON_LIMITS.keys + 1 }, (_, i) => `"${i}":0`);
  assert.equal(parse(`{${keys.slice(1).join(",")}}`).ok, true);
  const reading = parse(`{${keys.join(",")}}`);
  assert.equal(reading.ok === false && reading.why, "too many keys");
});

test("row 123: the attack of a whole body stays small in memory", () => {
  const bytes = Buffer.from(`{"model":"a","stop_sequences":[${"{},".repeat(10_800_000)}0]}`);
  const before = process.memoryUsage().heapUsed;
  const reading = parseStrictJson(bytes);
  // The text itself lies in this heap once; what it would stand for is fifty times as much.
  assert.ok(process.memoryUsage().heapUsed - before < 256 * 1024 * 1024);
  assert.equal(reading.ok, false);
});

test("an agent's longest history keeps far from the limits", () => {
  const call = (i: number) => [
    {
      role: "assistant",
      content: [{ type: "tool_use", id: `t${i}`, name: "Edit", input: { a: 1, b: "x", c: [1, 2] } }],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: `t${i}`, content: [{ type: "text", text: "x" }] }] },
  ];
  const property = { type: "string", description: "x", enum: ["a", "b", "c"] };
  const properties = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i}`, property]));
  const tool = { name: "x", description: "x", input_schema: { type: "object", properties, required: ["p1"] } };
  const request = {
    model: "m",
    tools: Array.from({ length: 100 }, () => tool),
    messages: Array.from({ length: 1000 }, (_, i) => call(i)).flat(),
  };
  assert.ok(parse(JSON.stringify(request), { values: JSON_LIMITS.values / 5 }).ok);
});
