import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifest } from "../../../src/state/manifest-check.ts";
import { parseManifestText } from "../../../src/state/manifest-text.ts";
import fc from "../../support/properties.ts";

const RUNS = { numRuns: 300 };

test("any JSON is read as JSON.parse reads it, except for keys given twice and __proto__", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const parsed = parseManifestText("f", text);
      if (parsed.faults.length > 0) return;
      assert.deepEqual(parsed.value, JSON.parse(text));
    }),
    RUNS,
  );
});

test("any text ends in a value or in problems, each at a place inside the text", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"a"',
    '"__proto__"',
    ":",
    ",",
    "1",
    "//x\n",
    "/*",
    "*/",
    "\r\n",
    "\u2028",
    "\\",
    "\0",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join("");
      const lines = text.split(/\r\n|[\n\r]/);
      const parsed = parseManifestText("f", text);
      assert.ok(parsed.value !== undefined || parsed.faults.length > 0);
      for (const { problem } of parsed.faults) {
        assert.ok(problem.line >= 1 && problem.line <= lines.length, JSON.stringify([text, problem]));
        assert.ok(problem.column >= 1 && problem.column <= (lines[problem.line - 1] ?? "").length + 3);
      }
    }),
    RUNS,
  );
});

test("the place of a key is where it stands, whatever stands before it", () => {
  const gap = fc.constantFrom("", " ", "\n", "\r\n", "\t", "// note\n", "/* a\nb */");
  fc.assert(
    fc.property(fc.array(gap, { minLength: 4, maxLength: 4 }), fc.string({ maxLength: 12 }), ([a, b, c, d], noise) => {
      const head = `${a}{${b}"agents":{"x":{"prompt":${JSON.stringify(noise)},${c}`;
      const text = `${head}"nope":1}}${d}}`;
      const { faults } = checkManifest(text, { by: "operator", file: "f" });
      const fault = faults.find(({ path }) => path.at(-1) === "nope");
      assert.ok(fault !== undefined);
      const before = head.split(/\r\n|[\n\r]/);
      assert.equal(fault.problem.line, before.length);
      assert.equal(fault.problem.column, (before.at(-1) ?? "").length + 1);
    }),
    RUNS,
  );
});

test("nesting has a limit and costs no stack", () => {
  for (const open of ["[", '{"a":']) {
    const { value, faults } = parseManifestText("f", open.repeat(200_000));
    assert.equal(value, undefined);
    assert.match(faults[0]?.problem.message ?? "", /nested deeper/);
  }
});

test("row 141: whatever a project's file holds, nothing but new agents with provider, prompt and what they may not reach comes out of it", () => {
  const key = fc.oneof(
    fc.constantFrom("agents", "bottles", "provider", "prompt", "command", "args", "bottle", "n"),
    fc.string({ maxLength: 6 }),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.string({ maxLength: 8 }),
      fc.integer(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), (value) => {
      const checked = checkManifest(JSON.stringify(value), { by: "project", file: "f" });
      assert.deepEqual(checked.bottles, {});
      for (const agent of Object.values(checked.agents)) {
        assert.ok(Object.keys(agent).every((name) => ["provider", "prompt", "deny"].includes(name)));
      }
    }),
    RUNS,
  );
});
