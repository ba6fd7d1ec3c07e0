import assert from "node:assert/strict";
import { test } from "node:test";
import { demoJson, demoTable } from "../../../src/demo/report.ts";

const outcome = {
  ok: false,
  agent: "Claude Code 2.1.197 (host claude)",
  probes: [
    { name: "short", ok: true, evidence: ["one", "two"] },
    { name: "a longer name", ok: false, evidence: [`text from inside: \x1b[2J${"word ".repeat(40)}`] },
  ],
};

test("the JSON is one object of the documented shape", () => {
  const parsed = JSON.parse(demoJson(outcome));
  assert.deepEqual(Object.keys(parsed), ["ok", "probes"]);
  assert.equal(parsed.ok, false);
  assert.deepEqual(parsed.probes[0], { name: "short", ok: true, evidence: "one; two" });
});

test("row 129: text from inside cannot move the cursor, and long evidence stays in its column", () => {
  const text = demoTable(outcome, false);
  assert.ok(!text.includes("\x1b"));
  const lines = text.split("\n").filter((line) => line.includes("word"));
  assert.ok(lines.length > 1);
  assert.equal(new Set(lines.slice(1).map((line) => line.search(/\S/))).size, 1);
  assert.ok(Math.max(...lines.map((line) => line.length)) < 120);
});

test("colours only when asked for; the verdict counts the failures", () => {
  assert.match(demoTable(outcome, true), /\x1b\[31mFAIL/);
  assert.match(demoTable(outcome, false), /\n1 of 2 probes failed\n$/);
  assert.match(demoTable({ ...outcome, ok: true, probes: outcome.probes.slice(0, 1) }, false), /\nevery probe held\n$/);
});
