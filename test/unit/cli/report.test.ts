import assert from "node:assert/strict";
import { test } from "node:test";
import { report } from "../../../src/cli/report.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

function said(error: unknown): { readonly code: number; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const code = report(error, { say: (line) => void lines.push(line) });
  return { code, lines };
}

test("an error is said with its code behind the first line, then its hint; the exit code is that of its kind", () => {
  const error = new BottleError("AGENT_UNKNOWN", "no agent is called claud", { hint: "did you mean claude?" });
  assert.deepEqual(said(error), {
    code: 2,
    lines: ["bottle: no agent is called claud [AGENT_UNKNOWN]", "  did you mean claude?"],
  });
  const list = new BottleError("MANIFEST_INVALID", "the manifest cannot be used:\n  one\n  two");
  assert.deepEqual(said(list), {
    code: 3,
    lines: ["bottle: the manifest cannot be used [MANIFEST_INVALID]:\n  one\n  two"],
  });
});

test("a usage error without a hint of its own says where help is", () => {
  assert.match(said(new BottleError("USAGE", "--grace takes seconds")).lines.join("\n"), /\[USAGE\]\n {2}bottle help/);
});

test("what is no error of ours is a bug, with its stack", () => {
  const { code, lines } = said(new Error("surprise"));
  assert.equal(code, 70);
  assert.match(lines.join("\n"), /bug in bot-bottle[\s\S]*surprise[\s\S]*report\.test/);
});
