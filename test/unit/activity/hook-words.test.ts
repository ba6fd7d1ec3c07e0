import assert from "node:assert/strict";
import test from "node:test";
import { createHookReader } from "../../../src/core/activity/hook-words.ts";
import fc from "../../support/properties.ts";

function read(...pieces: readonly (string | Uint8Array)[]) {
  const reader = createHookReader();
  for (const piece of pieces) reader.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  return reader.end();
}

/** As Claude Code 2.1.197 posts it. */
const PRE = JSON.stringify({
  session_id: "ea918eec-9b58-4089-b21d-e46b0ff9ef75",
  transcript_path: "/home/agent/.claude/projects/-p/x.jsonl",
  cwd: "/p",
  permission_mode: "bypassPermissions",
  effort: { level: "high" },
  hook_event_name: "PreToolUse",
  tool_name: "Bash",
  tool_input: { command: "make", hook_event_name: "Stop", tool_name: "Read" },
  tool_use_id: "toolu_1",
});

test("an event says what it says, wherever it is cut, and what is in a tool's input says nothing", () => {
  const whole = { state: "working", what: "runs Bash", turn: false };
  for (let cut = 0; cut <= PRE.length; cut++) assert.deepEqual(read(PRE.slice(0, cut), PRE.slice(cut)), whole);
});

test("an event that was cut behind what counts says the same", () => {
  const long = PRE.replace('"make"', JSON.stringify("x".repeat(100_000)));
  assert.deepEqual(read(long.slice(0, 64 << 10)), { state: "working", what: "runs Bash", turn: false });
});

test("whatever comes, it does not throw, and its words stay short", () => {
  const name = fc.constantFrom("PreToolUse", "PermissionRequest", "StopFailure", "Notification", "Stop", "constructor");
  const body = fc.record({
    hook_event_name: name,
    tool_name: fc.string({ maxLength: 300 }),
    error: fc.string({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(
      fc.oneof(
        body.map((it) => JSON.stringify(it)),
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        const word = read(text);
        assert.ok(word === null || word.what.length <= 200);
      },
    ),
    { numRuns: 2000 },
  );
});
