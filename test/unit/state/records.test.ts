import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BottleRecord } from "../../../src/core/model/bottle-record.ts";
import { archiveBottle } from "../../../src/state/archive.ts";
import { listDrafts, removeDraft } from "../../../src/state/drafts.ts";
import { openJournal, readJournal, unfinishedIntents } from "../../../src/state/journal.ts";
import { bottlePaths, type Layout, layoutOf } from "../../../src/state/layout.ts";
import { formatRecord, parseRecord } from "../../../src/state/record-format.ts";
import { createRecord, listBottles, readRecord, removeBottleFolder, updateRecord } from "../../../src/state/records.ts";
import { testRecord } from "../../support/test-bottle.ts";

const uid = process.getuid?.() ?? 0;

function layout(context: TestContext): Layout {
  const home = mkdtempSync(join(tmpdir(), "records-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  return layoutOf({}, home, uid);
}

test("a bottle's folder is made whole, closed to others", async (context) => {
  const at = layout(context);
  const paths = await createRecord(at, testRecord("a"), uid);
  for (const folder of [at.state, at.bottles, paths.folder, paths.home, paths.workspace]) {
    assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
  }
  assert.equal(statSync(paths.record).mode & 0o777, 0o600);
  assert.deepEqual(await readRecord(at, "a"), testRecord("a"));
  assert.equal(paths.run, "/run/x");
});

test("part B 4: of many starts with one name exactly one gets it, and the others leave nothing", async (context) => {
  const at = layout(context);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => createRecord(at, testRecord("same", { agent: `a${index}` }), uid)),
  );
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") assert.equal(outcome.reason.code, "NAME_TAKEN");
  }
  assert.deepEqual(readdirSync(at.bottles), ["same"]);
  const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
  assert.equal((await readRecord(at, "same")).agent, `a${winner}`);
});

test("a name is taken even when its folder is only a leftover", async (context) => {
  const at = layout(context);
  mkdirSync(join(at.bottles, "left"), { recursive: true, mode: 0o700 });
  writeFileSync(join(at.bottles, "left", "audit.jsonl"), "x");
  await assert.rejects(createRecord(at, testRecord("left"), uid), { code: "NAME_TAKEN" });
  assert.equal(readFileSync(join(at.bottles, "left", "audit.jsonl"), "utf8"), "x");
});

test("row 141: no name leads out of the folder of bottles", (context) => {
  const at = layout(context);
  for (const name of ["..", "../x", "a/b", "/etc", "", ".new-1-000000000000", "A"]) {
    assert.throws(() => bottlePaths(at, name), { code: "USAGE" }, name);
  }
});

test("part B 41: a record that cannot be read is listed with its problem and hides no other", async (context) => {
  const at = layout(context);
  assert.deepEqual(await listBottles(at), []);
  await createRecord(at, testRecord("good"), uid);
  await createRecord(at, testRecord("zz-good"), uid);
  const broken: Record<string, string | null> = {
    empty: "",
    cut: formatRecord(testRecord("cut")).slice(0, 40),
    future: formatRecord(testRecord("future")).replace('"schema": 1', '"schema": 9'),
    liar: formatRecord(testRecord("good")),
    phase: formatRecord(testRecord("phase")).replace("creating", "flying"),
    missing: null,
  };
  for (const [name, text] of Object.entries(broken)) {
    mkdirSync(join(at.bottles, name));
    if (text !== null) writeFileSync(join(at.bottles, name, "record.json"), text);
  }
  mkdirSync(join(at.bottles, "link"));
  symlinkSync(join(at.bottles, "good", "record.json"), join(at.bottles, "link", "record.json"));
  const listed = await listBottles(at);
  assert.deepEqual(
    listed.filter(({ record: found }) => found !== null).map(({ name }) => name),
    ["good", "zz-good"],
  );
  assert.deepEqual(
    listed.filter(({ problem }) => problem !== null).map(({ name }) => name),
    ["cut", "empty", "future", "liar", "link", "missing", "phase"],
  );
  await assert.rejects(readRecord(at, "cut"), { code: "STATE_UNUSABLE" });
  await assert.rejects(readRecord(at, "nobody"), { code: "BOTTLE_NOT_FOUND" });
});

test("a record is read strictly", () => {
  assert.ok(parseRecord(formatRecord(testRecord("a", { exitCode: 137, auditHead: "0".repeat(64) }))).ok);
  for (const change of [
    { exitCode: 256 },
    { auditHead: "x" },
    { createdAt: "yesterday" },
    { run: "x" },
    { labels: { a: 1 } },
    { host: null },
    { name: "../x" },
    { phase: "closing" as "exited" },
  ]) {
    assert.ok(!parseRecord(JSON.stringify({ ...testRecord("a"), ...change })).ok, JSON.stringify(change));
  }
});

test("changes of one record queue up, and a failed one does not stop the next", async (context) => {
  const at = layout(context);
  await createRecord(at, testRecord("a", { exitCode: 0 }), uid);
  const count = (found: BottleRecord) => ({ ...found, exitCode: (found.exitCode ?? 0) + 1 });
  const changes = Array.from({ length: 20 }, (_, index) =>
    updateRecord(at, "a", (found) => {
      if (index === 7) throw new Error("no");
      return count(found);
    }),
  );
  const outcomes = await Promise.allSettled(changes);
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 1);
  assert.equal((await readRecord(at, "a")).exitCode, 19);
});

test("row 149: what must outlive a bottle is archived, and the folder can then be removed; both twice", async (context) => {
  const at = layout(context);
  const paths = await createRecord(at, testRecord("a"), uid);
  for (const path of [paths.audit, paths.policy, paths.plan, paths.journal, paths.agentLog]) writeFileSync(path, path);
  const aside = { name: "a", folder: paths.folder, remover: { pid: 1, startTime: 1, bootId: "b" } };
  await archiveBottle(at, aside, uid);
  await archiveBottle(at, aside, uid);
  const [entry = ""] = readdirSync(at.archive);
  const folder = join(at.archive, entry);
  assert.equal(entry, "a-20250102T030405000Z");
  assert.equal(readFileSync(join(folder, "audit.jsonl"), "utf8"), paths.audit);
  assert.deepEqual(readdirSync(folder).sort(), [
    "agent.log",
    "audit.jsonl",
    "journal.jsonl",
    "plan.json",
    "policy.json",
    "record.json",
  ]);
  await removeBottleFolder(at, "a");
  await removeBottleFolder(at, "a");
  assert.deepEqual(readdirSync(at.bottles), []);
});

test("row 143: a folder that the agent wrote in is never walked: removal stops there, and the bottle stays listed", async (context) => {
  const at = layout(context);
  const paths = await createRecord(at, testRecord("a"), uid);
  mkdirSync(join(paths.home, "deep"));
  await assert.rejects(removeBottleFolder(at, "a"), { code: "TEARDOWN_INCOMPLETE" });
  assert.ok(existsSync(join(paths.home, "deep")));
  assert.equal((await listBottles(at))[0]?.problem, null);
});

test("a start that was killed before it had its name is found by its process", async (context) => {
  const at = layout(context);
  for (const name of [".new-111-1-0123456789ab", ".new-222-1-0123456789ab", ".new-x"]) {
    mkdirSync(join(at.bottles, name), { recursive: true });
  }
  writeFileSync(join(at.bottles, ".new-111-1-0123456789ab", "record.json"), "{}");
  assert.deepEqual(await listBottles(at), []);
  const drafts = await listDrafts(at);
  assert.deepEqual(drafts.map(({ maker: { pid } }) => pid).sort(), [111, 222]);
  const [dead] = drafts.filter(({ maker: { pid } }) => pid === 111);
  await removeDraft(dead?.folder ?? "");
  assert.deepEqual(readdirSync(at.bottles), [".new-222-1-0123456789ab", ".new-x"]);
});

test("the journal gives what was begun and not settled, newest first, whatever a crash left of the last line", async (context) => {
  const at = layout(context);
  const { journal: path } = await createRecord(at, testRecord("a"), uid);
  assert.deepEqual(await readJournal(path), []);
  const journal = await openJournal(path);
  const [first, second, third] = await Promise.all([
    journal.intent("cgroup", "/a"),
    journal.intent("mount", { x: 1 }),
    journal.intent("process", 7),
  ]);
  assert.deepEqual([first, second, third], [1, 2, 3]);
  await journal.done(2);
  await journal.close();
  writeFileSync(path, `${readFileSync(path, "utf8")}\n{"done":1`);
  assert.deepEqual(await unfinishedIntents(path), [
    { seq: 3, intent: "process", detail: 7, done: false },
    { seq: 1, intent: "cgroup", detail: "/a", done: false },
  ]);
  const again = await openJournal(path);
  assert.equal(await again.intent("more", null), 4);
  await again.done(1);
  await again.close();
  assert.deepEqual(
    (await unfinishedIntents(path)).map(({ seq }) => seq),
    [4, 3],
  );
});
