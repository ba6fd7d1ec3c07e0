import assert from "node:assert/strict";
import test from "node:test";
import { type ActivityFacts, activityOf, QUIET_MS } from "../../../src/core/activity/activity.ts";
import { createHookReader } from "../../../src/core/activity/hook-words.ts";
import type { ActivityFile, AgentState, AgentWord } from "../../../src/core/model/activity.ts";
import { NO_USAGE } from "../../../src/core/usage/totals.ts";
import fc from "../../support/properties.ts";

const T0 = Date.parse("2026-11-22T10:00:00.000Z");
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

function facts(now: number, file: Partial<ActivityFile> | null, more: Partial<ActivityFacts> = {}): ActivityFacts {
  const whole: ActivityFile = {
    ...{ schema: 1, at: at(0), openModelRequests: 0, modelSince: null, hook: null, status: null, usage: NO_USAGE },
    ...file,
  };
  return {
    ...{ now: T0 + now * 1000, state: "running", createdAt: at(-60), endedAt: null, exitCode: null, endReason: null },
    ...{ waiting: null, file: file === null ? null : whole },
    ...more,
  };
}

const word = (state: AgentState, seconds: number, what = ""): AgentWord => ({ state, what, at: at(seconds) });

/** One thing that happens, as it would be recorded; seconds after the start. */
type Event =
  | readonly [number, "open" | "close"]
  | readonly [number, "hook", string, Readonly<Record<string, string>>?]
  | readonly [number, "status", AgentState, string]
  | readonly [number, "is", AgentState, string?];

/** What the host process would have written, event by event; `is` says what must be shown then. */
function play(events: readonly Event[]): void {
  let file: Partial<ActivityFile> = {};
  let open = 0;
  for (const event of events) {
    const [seconds, kind] = event;
    if (kind === "open" || kind === "close") {
      const before = open;
      open += kind === "open" ? 1 : -1;
      const turned = (before === 0) !== (open === 0);
      file = { ...file, openModelRequests: open, ...(turned && { modelSince: at(seconds) }) };
    } else if (kind === "hook") {
      const reader = createHookReader();
      reader.push(Buffer.from(JSON.stringify({ session_id: "s", hook_event_name: event[2], ...event[3] })));
      const found = reader.end();
      if (found === null) continue;
      file = { ...file, hook: word(found.state, seconds, found.what), ...(found.turn && { status: null }) };
    } else if (kind === "status") file = { ...file, status: word(event[2], seconds, event[3]) };
    else {
      const found = activityOf(facts(seconds, file));
      assert.equal(found.state, event[2], `after ${seconds} s: ${JSON.stringify(found)}`);
      if (event[3] !== undefined) assert.equal(found.source, event[3], `after ${seconds} s`);
    }
  }
}

test("a turn of Claude Code: told, thinking, a tool, thinking, over", () => {
  play([
    [0, "is", "unknown", "none"],
    [1, "hook", "UserPromptSubmit"],
    [1.1, "is", "working", "hook"],
    [1.2, "open"],
    [60, "is", "working", "gateway"],
    [61, "close"],
    [61.1, "hook", "PreToolUse", { tool_name: "Bash" }],
    // A tool may run for long, and no model is asked.
    [600, "is", "working", "hook"],
    [601, "hook", "PostToolUse", { tool_name: "Bash" }],
    [601.1, "open"],
    [605, "close"],
    [605.1, "hook", "Stop"],
    [606, "is", "working", "hook"],
    // A call on the side, such as a suggestion for the next prompt.
    [607, "open"],
    [608, "is", "working", "gateway"],
    [609, "close"],
    [612, "is", "working"],
    [620, "is", "idle", "hook"],
    [7200, "is", "idle", "hook"],
  ]);
});

test("a question of its own needs you until it goes on, and a call on the side answers none", () => {
  play([
    [1, "open"],
    [2, "hook", "PreToolUse", { tool_name: "AskUserQuestion" }],
    [3, "is", "needs-you", "hook"],
    [4, "close"],
    [900, "is", "needs-you", "hook"],
    [901, "open"],
    [902, "is", "working", "gateway"],
  ]);
  play([
    [1, "hook", "PreToolUse", { tool_name: "Bash" }],
    [2, "hook", "PermissionRequest", { tool_name: "Bash" }],
    [3, "is", "needs-you", "hook"],
    [30, "hook", "PostToolUse", { tool_name: "Bash" }],
    [31, "is", "working", "hook"],
  ]);
});

test("an interrupt has no hook: nobody knows, and it is not idle", () => {
  play([
    [1, "hook", "UserPromptSubmit"],
    [1.2, "open"],
    [9, "close"],
    [10, "is", "working"],
    [20, "is", "unknown"],
    [70, "hook", "Notification", { notification_type: "idle_prompt" }],
    [80, "is", "idle", "hook"],
  ]);
});

test("an agent without hooks works while it asks a model, and is unknown, never idle, else", () => {
  play([
    [0, "is", "unknown", "none"],
    [1, "open"],
    [300, "is", "working", "gateway"],
    [301, "close"],
    [303, "is", "working", "gateway"],
    [310, "is", "unknown", "gateway"],
    [900, "is", "unknown", "gateway"],
  ]);
});

test("what it reports of itself counts when its turn is over, and lapses with the next one", () => {
  play([
    [1, "hook", "UserPromptSubmit"],
    [2, "open"],
    [3, "status", "working", "mending the parser"],
    [4, "is", "working", "gateway"],
    [5, "close"],
    [6, "status", "needs-you", "which branch?"],
    [6.1, "hook", "PostToolUse", { tool_name: "mcp__bot-bottle__report_status" }],
    [6.5, "open"],
    [7, "is", "working", "gateway"],
    [8, "close"],
    [8.1, "hook", "Stop"],
    [20, "is", "needs-you", "supervise"],
    [30, "hook", "UserPromptSubmit"],
    [31, "is", "working", "hook"],
  ]);
});

test("a failed turn is failed until it asks again; events that say nothing change nothing", () => {
  play([
    [1, "hook", "StopFailure", { error: "rate_limit" }],
    [30, "is", "failed", "hook"],
    [31, "open"],
    [32, "is", "working", "gateway"],
    [33, "hook", "SubagentStop"],
    [33, "hook", "Notification", { notification_type: "constructor" }],
    [34, "is", "working", "gateway"],
    [35, "hook", "SessionEnd", { reason: "other" }],
    [36, "close"],
    [50, "is", "done", "hook"],
  ]);
});

test("what waits for the operator goes before everything that a running agent says", () => {
  const waiting = { what: "GET https://a.test/", since: at(3) };
  const found = activityOf(facts(9, { openModelRequests: 3, modelSince: at(1), hook: word("idle", 2) }, { waiting }));
  assert.deepEqual(found, { state: "needs-you", source: "inbox", what: waiting.what, since: waiting.since });
});

test("an agent that has ended is what its end was, whatever it said before", () => {
  const before = { openModelRequests: 2, modelSince: at(1), hook: word("needs-you", 2) };
  const cases: readonly (readonly [Partial<ActivityFacts>, AgentState])[] = [
    [{ state: "exited", exitCode: 0 }, "done"],
    [{ state: "exited", exitCode: 1 }, "failed"],
    [{ state: "exited", exitCode: 139 }, "failed"],
    [{ state: "exited", exitCode: 143 }, "stopped"],
    [{ state: "exited", exitCode: 124, endReason: "time limit" }, "stopped"],
    [{ state: "exited", exitCode: 124, endReason: "budget" }, "stopped"],
    [{ state: "exited", exitCode: null }, "unknown"],
    [{ state: "failed", exitCode: null }, "failed"],
    [{ state: "lost" }, "failed"],
    [{ state: "unreadable" }, "unknown"],
  ];
  for (const [more, state] of cases) {
    assert.equal(activityOf(facts(90, before, { endedAt: at(80), ...more })).state, state, JSON.stringify(more));
  }
});

test("idle is never said but where the agent said so itself, and needs-you never without a claim or an item", () => {
  const states = fc.constantFrom<AgentState>("needs-you", "working", "idle", "done", "failed", "stopped", "unknown");
  const claim = fc.option(fc.tuple(states, fc.nat(100)).map(([state, seconds]) => word(state, seconds, "x")));
  const file = fc.record({
    openModelRequests: fc.nat(3),
    modelSince: fc.option(fc.nat(100).map(at)),
    hook: claim,
    status: claim,
  });
  fc.assert(
    fc.property(fc.option(file), fc.integer({ min: 100, max: 300 }), (one, now) => {
      const found = activityOf(facts(now, one));
      const said = [one?.hook, one?.status].filter((it) => it != null).map(({ state }) => state);
      for (const state of ["idle", "needs-you", "done", "failed"] as const) {
        if (found.state === state) assert.ok(said.includes(state), JSON.stringify(found));
      }
      if (one === null) assert.equal(found.state, "unknown");
      if (found.state === "idle" && one !== null) {
        assert.equal(one.openModelRequests, 0);
        const last = Math.max(...[one.hook?.at, one.modelSince].map((it) => (it == null ? 0 : Date.parse(it))));
        assert.ok(T0 + now * 1000 - last >= QUIET_MS || one.status?.state === "idle");
      }
    }),
    { numRuns: 5000 },
  );
});
