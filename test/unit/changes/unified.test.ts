import assert from "node:assert/strict";
import { test } from "node:test";
import { unifiedDiff } from "../../../src/core/changes/unified.ts";
import fc from "../../support/properties.ts";

/** Applies hunks to a text, strictly: every kept and removed line must stand where the hunk says. */
function applied(before: string, diff: string): string {
  const old = before === "" ? [] : before.split(/(?<=\n)/);
  const out: string[] = [];
  let at = 0;
  const lines = diff === "" ? [] : diff.split(/(?<=\n)/);
  for (const [index, line] of lines.entries()) {
    const hunk = /^@@ -(\d+),(\d+) \+\d+,\d+ @@\n$/.exec(line);
    if (hunk !== null) {
      const start = Number(hunk[1]) - (Number(hunk[2]) === 0 ? 0 : 1);
      assert.ok(start >= at, "hunks stand in order");
      out.push(...old.slice(at, start));
      at = start;
      continue;
    }
    if (line.startsWith("\\")) continue;
    const ending = lines[index + 1]?.startsWith("\\") === true ? "" : "\n";
    const text = line.slice(1, -1) + ending;
    if (line.startsWith("+")) out.push(text);
    else {
      assert.equal(old[at], text);
      if (line.startsWith(" ")) out.push(text);
      at += 1;
    }
  }
  return [...out, ...old.slice(at)].join("");
}

test("the format is that of diff -u", () => {
  const before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n";
  const after = "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n11\n12\n";
  assert.equal(
    unifiedDiff(before, after),
    "@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+four\n 5\n 6\n 7\n@@ -9,3 +9,4 @@\n 9\n 10\n 11\n+12\n",
  );
  assert.equal(unifiedDiff("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
  assert.equal(unifiedDiff("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n");
  assert.equal(unifiedDiff("a", "a\n"), "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
  assert.equal(unifiedDiff("same", "same"), "");
});

test("whatever the texts, the difference makes the second of the first", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", "", " x", "-", "+d"), { maxLength: 40 })
    .chain((lines) => fc.boolean().map((ends) => lines.join("\n") + (ends ? "\n" : "")));
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.equal(applied(before, unifiedDiff(before, after)), after);
    }),
    { numRuns: 500 },
  );
});

test("the shortest script is found: one line more is one line of difference", () => {
  const lines = Array.from({ length: 200 }, (_, index) => `${index % 7}\n`);
  const more = [...lines.slice(0, 100), "new\n", ...lines.slice(100)];
  const diff = unifiedDiff(lines.join(""), more.join(""));
  assert.equal(diff.split("\n").filter((line) => /^[+-][^+-]/.test(line)).length, 1);
});

test("texts without anything in common cost no more than a bound", () => {
  const text = (seed: number) => Array.from({ length: 8000 }, (_, index) => `${seed}-${index}\n`).join("");
  const [before, after] = [text(1), text(2)];
  assert.equal(applied(before, unifiedDiff(before, after)), after);
});
