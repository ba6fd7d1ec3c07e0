import assert from "node:assert/strict";
import { test } from "node:test";
import { compileNeedles } from "../../../src/core/leaks/needles.ts";
import { answerHeaders } from "../../../src/gateway/answer-headers.ts";

const VALUE = "hunter2-hunter2-K7";
const reading = compileNeedles([{ name: "key", value: VALUE }]);
assert.ok(reading.ok);
const scrub = reading.set;

test("row 89: a known value is masked in the name and in the value of any field of an answer, and counted", () => {
  const headers = [
    ["Content-Type", "text/plain"],
    ["X-Echo", `before ${VALUE} behind`],
    [`X-${VALUE}`, "1"],
    ["X-Coded", Buffer.from(VALUE).toString("hex")],
  ] as const;
  const answered = answerHeaders({ scrub, cookies: "pass" }, headers);
  assert.equal(answered.count, 3);
  assert.deepEqual(answered.headers.slice(0, 3), [
    ["Content-Type", "text/plain"],
    ["X-Echo", `before ${"*".repeat(VALUE.length)} behind`],
    [`X-${"*".repeat(VALUE.length)}`, "1"],
  ]);
  assert.equal(answered.headers[3]?.[1], "*".repeat(VALUE.length * 2));
});

test("row 89: fields that hold nothing stay as they are, also where pieces of a value stand in several", () => {
  const clean = [
    ["Content-Type", "text/plain"],
    ["X-First", VALUE.slice(0, 9)],
    ["X-Second", VALUE.slice(9)],
  ] as const;
  assert.deepEqual(answerHeaders({ scrub, cookies: "pass" }, clean), { headers: clean, count: 0 });
});

test("row 98: cookies are dropped from an answer without a known value too", () => {
  const { headers } = answerHeaders({ scrub, cookies: "drop" }, [
    ["Set-Cookie", "a=b"],
    ["X-Other", "c"],
  ]);
  assert.deepEqual(headers, [
    ["X-Other", "c"],
    ["X-Bot-Bottle-Dropped", "Set-Cookie"],
  ]);
});
