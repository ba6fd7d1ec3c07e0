import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { BottleRecord } from "../../../src/core/model/bottle-record.ts";
import { egressTail } from "../../../src/dashboard/egress.ts";
import { readKept, writeKept } from "../../../src/dashboard/keeping.ts";
import type { Snapshot } from "../../../src/dashboard/model.ts";
import { openWatch } from "../../../src/dashboard/watch.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { ownIdentity } from "../../../src/host/process-identity.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { formatAuditLine, GENESIS } from "../../../src/state/audit-format.ts";
import { layoutOf, livePaths } from "../../../src/state/layout.ts";
import { openProposals } from "../../../src/state/proposals.ts";
import { createRecord } from "../../../src/state/records.ts";
import { eventually } from "../../support/operator.ts";

const uid = process.getuid?.() ?? 0;

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "dashboard-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const decision = (id: string, verdict: "allow" | "deny", host: string): AuditEvent => ({
  ...{ type: "decision", id, verdict, reason: verdict === "allow" ? "allowed" : "host-not-listed", rule: null },
  ...{ policyVersion: 1, mode: "http", method: "GET", authority: host, target: "/x", credentials: [], address: null },
  ...{ alert: false, detail: null },
});
const line = (event: AuditEvent) => `${formatAuditLine(event, new Date(), GENESIS).line}\n`;

test("egress is read as it grows: a line that is being written waits, and a log that begins anew is met anew", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const tail = egressTail("one", path);
  assert.deepEqual(await tail.read(), { lines: [], denied: 0 });
  writeFileSync(path, line(decision("a", "deny", "old.example.com:80")));
  const first = await tail.read();
  // What was denied before the dashboard began is shown, and not counted.
  assert.deepEqual([first.lines.length, first.denied], [1, 0]);
  const half = line(decision("b", "deny", "new.example.com:80"));
  appendFileSync(path, half.slice(0, 40));
  assert.equal((await tail.read()).lines.length, 0);
  appendFileSync(path, half.slice(40));
  const whole = await tail.read();
  assert.deepEqual([whole.lines[0]?.text, whole.denied], ["DENY GET  new.example.com:80/x  host-not-listed", 1]);
  appendFileSync(path, line(decision("c", "allow", "api.example.com:443")));
  appendFileSync(
    path,
    line({ ...{ type: "result", id: "c", status: 200, bytesOut: 0, bytesIn: 12, ms: 1900, scrubbed: 0 }, error: null }),
  );
  assert.equal((await tail.read()).lines[0]?.text, "ok   GET  api.example.com:443/x  200  1.9s  12 bytes");
  rmSync(path);
  writeFileSync(path, line(decision("d", "deny", "anew.example.com:80")));
  assert.equal((await tail.read()).lines[0]?.text, "DENY GET  anew.example.com:80/x  host-not-listed");
});

test("of a long log only the end is read, in whole lines", async (t) => {
  const path = join(folder(t), "audit.jsonl");
  const one = line(decision("a", "deny", `${"x".repeat(300)}.example.com:80`));
  writeFileSync(path, one.repeat(5000));
  const { lines } = await egressTail("one", path).read();
  assert.ok(lines.length > 10 && lines.length <= (32 << 10) / one.length);
  assert.ok(lines.every(({ denied }) => denied));
});

test("what is kept comes back, and what somebody else wrote there is forgotten", async (t) => {
  const home = folder(t);
  const layout = layoutOf({}, home, uid);
  const launch = { agent: "claude", bottle: "", path: "~/app", prompt: "", backend: "" };
  const kept = {
    muted: ["a"],
    tags: { a: ["ci", "slow"], constructor: ["x"] },
    seen: ["b 1"],
    launch,
    theme: "light",
  } as const;
  await writeKept(layout, uid, kept);
  assert.deepEqual(await readKept(layout, "dark"), kept);
  for (const text of [
    "{",
    "[]",
    '{"schema":2}',
    '{"schema":1,"muted":[7],"seen":{},"tags":{"A":["x"],"b":"x","c":[7]},"launch":{"agent":1},"theme":"x"}',
  ]) {
    writeFileSync(join(layout.state, "dashboard.json"), text);
    assert.deepEqual(
      await readKept(layout, "dark"),
      { muted: [], tags: {}, seen: [], launch: null, theme: "dark" },
      text,
    );
  }
});

function contextIn(home: string): SessionContext {
  const layout = layoutOf({ XDG_RUNTIME_DIR: join(home, "run") }, home, uid);
  const { signal } = new AbortController();
  return { env: {}, cwd: home, facts: gatherFacts(), layout, say: () => undefined, ask: null, signal };
}

const record = (context: SessionContext, name: string, more: Partial<BottleRecord> = {}): BottleRecord => ({
  ...{ schema: 1, name, agent: "claude", provider: "claude-code", backend: "none", phase: "running" },
  ...{ createdAt: new Date().toISOString(), endedAt: null, exitCode: null, host: ownIdentity() },
  ...{ run: join(context.cwd, "run", name), handle: null, labels: {}, auditHead: null },
  workspace: { mode: "copy", host: context.cwd },
  ...more,
});

test("the watch sees bottles come, ask, work, end and go; a record that cannot be read hides no other", async (t) => {
  const context = contextIn(folder(t));
  const { layout } = context;
  let seen: Snapshot = { bottles: [], costToday: null, denied: 0 };
  const watch = openWatch(context, {
    snapshot: (snapshot) => {
      seen = snapshot;
    },
    egress: () => undefined,
    tick: () => undefined,
  });
  t.after(() => watch.close());
  const marks = () => seen.bottles.map(({ name, mark, items }) => `${mark} ${name}${items.length > 0 ? " asks" : ""}`);
  const shows = (...wanted: readonly string[]) =>
    eventually(
      `${wanted.join(", ")} is seen, not ${marks().join(", ")}`,
      () => JSON.stringify(marks()) === JSON.stringify(wanted),
    );
  const one = record(context, "one");
  const paths = livePaths(layout, one);
  await createRecord(layout, one, uid);
  await createRecord(layout, record(context, "two", { phase: "exited", endedAt: one.createdAt, exitCode: 3 }), uid);
  mkdirSync(join(layout.bottles, "broken"));
  writeFileSync(join(layout.bottles, "broken", "record.json"), "{");
  await shows("~ broken", "~ one", "x two");
  const proposals = await openProposals(paths.proposals, uid);
  await proposals.write({
    ...{ schema: 1, id: "9f3a01bc-7", kind: "review", words: "may I?", evidence: [], count: 1 },
    ...{ createdAt: one.createdAt, expiresAt: null },
  });
  await shows("~ broken", "! one asks", "x two");
  await proposals.remove("9f3a01bc-7");
  mkdirSync(paths.run, { recursive: true });
  const usage = { requests: 1, unknown: 0, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const activity = {
    schema: 1,
    at: one.createdAt,
    openModelRequests: 1,
    modelSince: one.createdAt,
    hook: null,
    status: null,
  };
  writeFileSync(paths.activity, JSON.stringify({ ...activity, usage: { ...usage, costMicros: 20_000, unpriced: 0 } }));
  await shows("~ broken", "* one", "x two");
  assert.equal(seen.bottles[1]?.costMicros, 20_000);
  writeFileSync(paths.activity, '{"schema":1');
  await shows("~ broken", "~ one", "x two");
  rmSync(join(layout.bottles, "broken"), { recursive: true });
  rmSync(join(layout.bottles, "two"), { recursive: true });
  await shows("~ one");
});
