import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { incidentOf, limitIncident } from "../../../src/core/notices/incidents.ts";
import { diskNotice, endNotice, stalledNotice } from "../../../src/core/notices/words.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { openIncidents, tellEnd } from "../../../src/session/incidents.ts";
import { createLedger } from "../../../src/session/ledger.ts";
import { dismissIncident, readIncidents } from "../../../src/state/incidents.ts";

async function openWorld(t: TestContext, again = false, folder = mkdtempSync(join(tmpdir(), "incidents-"))) {
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const incidents = join(folder, "incidents");
  const said: string[] = [];
  const context = {
    facts: { home: folder, uid: process.getuid?.() ?? 0 },
    layout: { operatorManifest: join(folder, "none.json") },
    say: (line: string) => said.push(line),
  } as unknown as SessionContext;
  const desk = await openIncidents("one", { incidents }, null, again, context);
  const kept = async () => {
    await desk.settled();
    return (await readIncidents(incidents)).map(({ kind, text }) => `${kind}: ${text}`);
  };
  return { desk, folder, incidents, said, kept };
}

const end = (exitCode: number, wanted = false) => endNotice("one", { exitCode, wanted, removed: false });
const seen = { timeLimit: false, watched: false, seen: true };

test("how a run ended is kept where that was not in order, and only there", async (t) => {
  for (const [exitCode, terms, kept] of [
    [0, {}, []],
    [130, {}, []],
    [1, { watched: true }, []],
    [1, {}, ["failed: one finished with exit 1"]],
    [137, {}, ["crashed: one crashed: killed by signal 9"]],
    [125, {}, ["crashed: one crashed: its bottle broke"]],
    [143, { wanted: true }, []],
    [124, { wanted: true, timeLimit: true }, ["time-limit: one was ended by its time limit, exit 124"]],
    [125, { seen: false }, ["crashed: one is lost: nobody saw how its agent ended"]],
  ] as const) {
    const world = await openWorld(t);
    const whole = { ...seen, wanted: false, ...terms };
    tellEnd(world.desk, end(exitCode, whole.wanted), whole);
    assert.deepEqual(await world.kept(), kept, JSON.stringify([exitCode, terms]));
  }
});

test("of each kind one is kept, private, the first; what is over is taken back; a dismissed one stays away", async (t) => {
  const world = await openWorld(t);
  const stalled = incidentOf(stalledNotice("one", 600_000, false), false);
  const disk = incidentOf(diskNotice("one", 1 << 20), false);
  assert.ok(stalled !== null && disk !== null);
  world.desk.tell(stalled);
  world.desk.tell({ ...stalled, text: "another" });
  world.desk.tell(disk);
  assert.deepEqual(await world.kept(), [
    "stalled: one has been quiet for 10 min",
    "disk-low: one has 1 MiB of disk left, with all other bottles",
  ]);
  assert.equal(statSync(join(world.incidents, "stalled.json")).mode & 0o777, 0o600);
  world.desk.withdraw("stalled");
  assert.deepEqual((await world.kept()).length, 1);
  world.desk.tell(stalled);
  assert.equal((await world.kept()).length, 2, "the next silence counts anew");
  const [first] = await readIncidents(world.incidents);
  assert.equal(await dismissIncident(world.incidents, first?.id ?? ""), true);
  assert.equal(await dismissIncident(world.incidents, first?.id ?? ""), false);
  assert.equal((await world.kept()).length, 1);
  assert.deepEqual(world.said, []);
});

test("a flood of denials at a limit is one incident", async (t) => {
  const world = await openWorld(t);
  const ledger = createLedger(() => world.desk.tell(limitIncident("one")));
  const sink = ledger.watch({ append: async () => undefined });
  for (let at = 0; at < 100; at += 1) {
    await sink.append({
      type: "decision",
      id: `0a1b2c3d-${at}`,
      verdict: "deny",
      reason: "limit-reached",
      rule: null,
      policyVersion: 1,
      mode: "none",
      method: null,
      authority: null,
      target: null,
      credentials: [],
      address: null,
      alert: false,
      detail: null,
    });
  }
  assert.deepEqual(await world.kept(), ["limit: one asked its gateway for more than it may have at once"]);
  assert.deepEqual(readdirSync(world.incidents), ["limit.json"]);
});

test("what stands in the folder and is none of ours is passed over; a resumed bottle begins with nothing", async (t) => {
  const world = await openWorld(t);
  tellEnd(world.desk, end(1), { ...seen, wanted: false });
  await world.kept();
  writeFileSync(join(world.incidents, "crashed.json"), '{"schema":1,"id":"../../x","kind":"crashed"}');
  writeFileSync(join(world.incidents, "stalled.json"), "{");
  writeFileSync(join(world.incidents, "other.json"), "{}");
  assert.equal((await world.kept()).length, 1);
  await openWorld(t, true, world.folder);
  assert.equal(existsSync(world.incidents), false);
});

test("a folder that cannot be written is said, and ends nothing", async (t) => {
  const world = await openWorld(t);
  writeFileSync(world.incidents, "in the way");
  tellEnd(world.desk, end(1), { ...seen, wanted: false });
  assert.deepEqual(await world.kept(), []);
  assert.match(world.said[0] ?? "", /an incident is not kept/);
});
