import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { localDay } from "../../../src/core/activity/activity-format.ts";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import { openMeter } from "../../../src/session/bottle-meter.ts";
import { openBudget } from "../../../src/session/budget.ts";
import { openAudit } from "../../../src/state/audit.ts";
import { readActivity, readUsageFile, usageOfEnded } from "../../../src/state/usage-files.ts";
import { eventually } from "../../support/operator.ts";

const PRICES = { m: { input: 1_000_000, output: 1_000_000 } };
const decision = (id: string, verdict: "allow" | "deny"): AuditEvent => ({
  ...{ type: "decision", id, verdict, reason: "allowed", rule: null, policyVersion: 1, mode: "inspect" },
  ...{ method: "POST", authority: "a.test:443", target: "/v1/messages?beta=true", credentials: [], address: null },
  ...{ alert: false, detail: null },
});
const result = (id: string): AuditEvent => ({
  ...{ type: "result", id, status: 200, bytesOut: 0, bytesIn: 0, ms: 1, scrubbed: 0, error: null },
});
const usage = (id: string, input: number): AuditEvent => ({
  ...{ type: "usage", id, model: "m", complete: true },
  tokens: { input, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0 },
});

async function folder(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), "meter-"));
  t.after(() => rmSync(path, { recursive: true }));
  const paths = {
    activity: join(path, "activity.json"),
    usage: join(path, "usage.json"),
    audit: join(path, "audit.jsonl"),
  };
  const open = async (again: boolean, now?: () => Date) => {
    const log = await openAudit(paths.audit);
    t.after(() => log.close());
    const meter = await openMeter({ paths, definition: "f#d", prices: PRICES, again, ...(now && { now }) });
    return { log, meter, sink: meter.over(log) };
  };
  return { paths, open };
}

test("open requests are those that were allowed and have no end, whatever came of them", async (t) => {
  const { paths, open } = await folder(t);
  const { sink, meter } = await open(false);
  const count = async () => (await readActivity(paths.activity))?.openModelRequests;
  assert.equal(await count(), 0);
  await sink.append(decision("a0000000-1", "allow"));
  await sink.append(decision("a0000000-2", "allow"));
  await eventually("both are open", async () => (await count()) === 2 || (await count()) === 1);
  await sink.append(result("a0000000-1"));
  // Allowed, and then its host could not be found.
  await sink.append(decision("a0000000-2", "deny"));
  await eventually("none is open", async () => (await count()) === 0);
  await sink.append(decision("a0000000-3", "allow"));
  await sink.append({ type: "session", event: "service-ended", detail: "egress: killed" });
  meter.onWord("supervise", { state: "working", what: "x".repeat(500), at: new Date().toISOString() });
  await eventually(
    "what it said is there",
    async () => (await readActivity(paths.activity))?.status?.what.length === 200,
  );
  assert.equal(await count(), 0, "a sidecar that ended took its requests along");
  await meter.close();
});

test("the host process alone prices, a lie about it is not believed, and the log holds the price", async (t) => {
  const { paths, open } = await folder(t);
  const { sink, meter } = await open(false);
  await sink.append({ ...usage("a0000000-1", 5), costMicros: 1 } as AuditEvent);
  await sink.append({ ...usage("a0000000-2", 5), model: "other" } as AuditEvent);
  await meter.close();
  const events = readFileSync(paths.audit, "utf8").trim().split("\n");
  assert.deepEqual(
    events.map((line) => JSON.parse(line).event.costMicros),
    [5_000_000, null],
  );
  assert.deepEqual([meter.usage.costMicros, meter.usage.unpriced, meter.usage.inputTokens], [5_000_000, 1, 10]);
  const kept = await readUsageFile(paths.usage);
  assert.deepEqual([kept?.final, kept?.usage, kept?.days[localDay(new Date())]?.tokens], [true, meter.usage, 10]);
  assert.deepEqual(await usageOfEnded(paths), meter.usage);
});

test("what a killed run wrote to its log is counted by the next one, with what the operator allowed", async (t) => {
  const { paths, open } = await folder(t);
  const first = await open(false);
  await first.sink.append(usage("a0000000-1", 7));
  await first.meter.extend({ bottle: 2, day: "2026-11-22", dayTimes: 1 });
  await first.log.close();
  const second = await open(true);
  assert.deepEqual([second.meter.usage.inputTokens, second.meter.extended.bottle], [7, 2]);
  assert.equal((await readUsageFile(paths.usage))?.final, false);
  await second.meter.close();
});

test("a day's budget that was refused opens again with the next day", async (t) => {
  const { open } = await folder(t);
  let today = new Date(2026, 10, 22, 23, 0);
  const { meter, sink } = await open(false, () => today);
  const said: string[] = [];
  const shown: string[] = [];
  const told: string[] = [];
  const budget = openBudget({
    budget: { day: { tokens: 5 }, warnAt: 0.8, atLimit: "ask" },
    meter,
    othersToday: async () => ({ costMicros: 0, tokens: 0 }),
    access: async (models) => void said.push(models),
    show: async ({ id }) => void shown.push(id),
    withdraw: (id) => void shown.splice(shown.indexOf(id), 1),
    tell: (text) => void told.push(text),
    stop: () => assert.fail("it asks"),
  });
  await sink.append(usage("a0000000-1", 5));
  await budget.look();
  assert.deepEqual([said, shown.length, told.length], [["held"], 1, 1]);
  const claim = budget.claim(shown[0] ?? "");
  assert.ok(claim.ok);
  assert.deepEqual(budget.claim(shown[0] ?? ""), { ok: false, problem: "answered" }, "one operator has it");
  claim.putBack();
  const again = budget.claim(shown[0] ?? "");
  assert.ok(again.ok);
  await again.settle("no", null);
  assert.deepEqual([said, shown], [["held", "closed"], []]);
  today = new Date(2026, 10, 23, 0, 1);
  await budget.look();
  assert.deepEqual(said, ["held", "closed", "open"]);
  await budget.close();
});

test("an answer that cannot be put in force leaves the question where it was", async (t) => {
  const { open } = await folder(t);
  const { meter, sink } = await open(false);
  let broken = false;
  const shown: string[] = [];
  const budget = openBudget({
    budget: { bottle: { tokens: 5 }, warnAt: 1, atLimit: "ask" },
    meter,
    othersToday: async () => ({ costMicros: 0, tokens: 0 }),
    access: async () => {
      if (broken) throw new Error("the disk is full");
    },
    show: async ({ id }) => void shown.push(id),
    withdraw: () => undefined,
    tell: () => undefined,
    stop: () => undefined,
  });
  await sink.append(usage("a0000000-1", 5));
  await budget.look();
  const [id = ""] = shown;
  broken = true;
  const claim = budget.claim(id);
  assert.ok(claim.ok);
  await assert.rejects(async () => claim.settle("no", null), /the disk is full/);
  broken = false;
  assert.equal(budget.claim(id).ok, true, "it can be answered again");
  await budget.close();
});

test("a no to a budget that was undone asks once more, and holds until then", async (t) => {
  const { open } = await folder(t);
  const { meter, sink } = await open(false);
  const [said, shown]: [string[], string[]] = [[], []];
  const budget = openBudget({
    budget: { bottle: { tokens: 5 }, warnAt: 1, atLimit: "ask" },
    meter,
    othersToday: async () => ({ costMicros: 0, tokens: 0 }),
    access: async (models) => void said.push(models),
    show: async ({ id }) => void shown.push(id),
    withdraw: () => undefined,
    tell: () => undefined,
    stop: () => undefined,
  });
  t.after(() => budget.close());
  await sink.append(usage("a0000000-1", 5));
  await budget.look();
  const [id = ""] = shown;
  const claim = budget.claim(id);
  assert.ok(claim.ok);
  assert.equal(await budget.forgive?.(id), false, "nobody said no");
  await claim.settle("no", null);
  assert.equal(await budget.forgive?.("0a1b2c3d-9"), false);
  assert.equal(await budget.forgive?.(id), true);
  assert.deepEqual([said, shown.length], [["held", "closed", "held"], 2]);
  assert.equal(await budget.forgive?.(id), false, "once");
  assert.ok(budget.claim(shown[1] ?? "").ok, "it can be answered again");
});
