import assert from "node:assert/strict";
import { createUsageReader } from "../../../src/core/usage/reader.ts";
import { isModelName } from "../../../src/core/usage/tokens.ts";
import { createEventStream } from "../../../src/core/wire/event-stream.ts";
import { createJsonLeaves } from "../../../src/core/wire/json-leaves.ts";
import { cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";
import { USAGE_ANSWERS } from "../../support/usage-answers.ts";

const WANTED = ["a", "b", "a.b", "*.a", "a.*.b", "usage.input_tokens"];
const FORMATS = ["anthropic", "openai-chat", "openai-responses", "gemini"] as const;
const WORDS = [
  ...'{ } [ ] , : " "a": "b": "usage":{ "input_tokens": "output_tokens": "model":"m" "\\u0061": \\ 1 -2 3.5 1e3 true null é'.split(
    " ",
  ),
  "data: ",
  "data:",
  "event: x",
  ": ",
  "\n",
  "\r",
  "\r\n",
  "\n\n",
  "\ufeff",
];

/** The wanted leaves of a value that JSON.parse made, in the order of the text. */
function leavesOf(value: unknown, path: readonly string[], found: [string, unknown][]): void {
  if (typeof value === "string" || typeof value === "number") {
    if (WANTED.includes(path.join("."))) found.push([path.join("."), value]);
  } else if (Array.isArray(value)) for (const item of value) leavesOf(item, [...path, "*"], found);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) leavesOf(item, [...path, key], found);
  }
}

/** Keys that Object.entries would put in another order, or that are twice; and texts that are not told. */
function isComparable(text: string): boolean {
  let sound = true;
  JSON.parse(text, function check(this: unknown, key, value) {
    if (/^\d+$/.test(key) && !Array.isArray(this)) sound = false;
    if (typeof value === "string" && Buffer.byteLength(JSON.stringify(value)) > 100) sound = false;
    if (key.length > 30 || key.includes(".") || key === "*" || key === "__proto__") sound = false;
    return value;
  });
  return sound && JSON.stringify(JSON.parse(text)).length === text.length;
}

function told(input: Buffer, pieces: readonly Buffer[]): readonly [string, unknown][] {
  const found: [string, unknown][] = [];
  const leaves = createJsonLeaves(new Set(WANTED), (path, value) => found.push([path, value]));
  for (const piece of pieces) leaves.push(piece);
  assert.ok(found.length <= input.length);
  return found;
}

/** Data of each event. */
function eventsOf(pieces: readonly Buffer[]): readonly string[] {
  const all: string[] = [];
  let now = "";
  const stream = createEventStream({
    data: (bytes, from, to) => {
      now += Buffer.from(bytes.subarray(from, to)).toString("latin1");
    },
    end: () => {
      all.push(now);
      now = "";
    },
  });
  for (const piece of pieces) stream.push(piece);
  return [...all, now];
}

export const target: FuzzTarget = {
  name: "model-answer",
  promise:
    "an answer of a model is read the same however it is cut, leaves as JSON.parse has them, and no count is odd",
  parsers: ["src/core/wire/json-leaves.ts", "src/core/wire/event-stream.ts"],
  input: fc.oneof(
    wordsOf(WORDS, 20),
    fc
      .dictionary(fc.constantFrom("a", "b", "c", "usage"), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
      .map((value) => Buffer.from(JSON.stringify(value))),
    fc.constantFrom(...USAGE_ANSWERS).map(({ body }) => Buffer.from(body.slice(0, 400))),
  ),
  runs: 3000,
  check: (input) => {
    const ways = cutInWays(input);
    const leaves = ways.map((pieces) => told(input, pieces));
    const events = ways.map(eventsOf);
    for (const other of leaves) assert.deepEqual(other, leaves[0]);
    for (const other of events) assert.deepEqual(other, events[0]);
    let taken = (leaves[0]?.length ?? 0) > 0 || (events[0]?.length ?? 0) > 1;
    const text = input.toString("utf8");
    try {
      if (typeof JSON.parse(text) === "object" && isComparable(text)) {
        const theirs: [string, unknown][] = [];
        leavesOf(JSON.parse(text), [], theirs);
        assert.deepEqual(leaves[0], theirs);
        taken = true;
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    for (const format of FORMATS) {
      for (const type of ["application/json", "text/event-stream"]) {
        const readings = ways.map((pieces) => {
          const reader = createUsageReader(format, type);
          for (const piece of pieces) reader.push(piece);
          return reader.end(true);
        });
        for (const other of readings) assert.deepEqual(other, readings[0]);
        const { model, tokens } = readings[0] ?? { model: null, tokens: null };
        assert.ok(model === null || isModelName(model));
        assert.ok(tokens === null || Object.values(tokens).every((count) => Number.isSafeInteger(count) && count >= 0));
      }
    }
    return taken;
  },
};
