import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import { openAudit } from "../../../src/state/audit.ts";
import { type AuditLine, formatAuditLine, GENESIS, parseAuditLine } from "../../../src/state/audit-format.ts";
import { readAudit, verifyAudit } from "../../../src/state/audit-reader.ts";
import fc from "../../support/properties.ts";

function logPath(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "audit.jsonl");
}

const said = (detail: string): AuditEvent => ({ type: "session", event: "test", detail });

async function write(path: string, count: number): Promise<string> {
  const log = await openAudit(path);
  await Promise.all(Array.from({ length: count }, (_, index) => log.append(said(`line ${index + 1}`))));
  await log.close();
  return log.head().hash;
}

async function lines(path: string): Promise<AuditLine[]> {
  const read: AuditLine[] = [];
  for await (const parsed of readAudit(path)) {
    assert.ok(parsed.ok);
    read.push(parsed.line);
  }
  return read;
}

test("row 131: lines stand in the order of the calls, chained from the first, in a file of our own", async (context) => {
  const path = logPath(context);
  const head = await write(path, 2000);
  const read = await lines(path);
  assert.deepEqual(
    read.map(({ seq }) => seq),
    Array.from({ length: 2000 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    read.map(({ event }) => (event.type === "session" ? event.detail : "")),
    read.map(({ seq }) => `line ${seq}`),
  );
  assert.equal(read[0]?.prev, GENESIS.hash);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await verifyAudit(path, head), {
    ok: true,
    lines: 2000,
    head: { seq: 2000, hash: head },
    afterRecorded: 0,
  });
});

test("an append has reached the file when it resolves, also one made while others are being written", async (context) => {
  const path = logPath(context);
  const log = await openAudit(path);
  const follow = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const detail = `own ${count} ${index}`;
      await log.append(said(detail));
      assert.ok(readFileSync(path, "utf8").includes(detail));
    }
  };
  await Promise.all([follow(20), follow(21), follow(22)]);
  await log.close();
  assert.equal((await verifyAudit(path, log.head().hash)).ok, true);
  await assert.rejects(log.append(said("late")), { code: "STATE_UNUSABLE" });
});

test("closing writes what waits", async (context) => {
  const path = logPath(context);
  const log = await openAudit(path);
  const waiting = [log.append(said("a")), log.append(said("b"))];
  await log.close();
  await log.close();
  await Promise.all(waiting);
  assert.equal((await lines(path)).length, 2);
});

test("a log is continued where it ended, and a torn last line is cut off", async (context) => {
  const path = logPath(context);
  await write(path, 3);
  appendFileSync(path, '{"seq":4,"ti');
  assert.equal((await verifyAudit(path, null)).ok, false);
  const log = await openAudit(path);
  await log.append(said("after"));
  await log.close();
  const verdict = await verifyAudit(path, log.head().hash);
  assert.ok(verdict.ok && verdict.lines === 4);
});

test("a log that cannot be continued is refused, and so is a link", async (context) => {
  const path = logPath(context);
  writeFileSync(path, "not ours\n");
  await assert.rejects(openAudit(path), { code: "STATE_UNUSABLE" });
  symlinkSync(path, `${path}.link`);
  await assert.rejects(openAudit(`${path}.link`), { code: "ELOOP" });
});

test("row 131: an edited, removed, repeated, swapped or added line is found", async (context) => {
  const path = logPath(context);
  const head = await write(path, 6);
  const whole = readFileSync(path, "utf8");
  const all = whole.trimEnd().split("\n");
  const forged = formatAuditLine(said("forged"), new Date(0), { seq: 2, hash: parsedHash(all[1] ?? "") }).line;
  const attacks: Record<string, { lines: readonly string[]; line: number }> = {
    edited: { lines: all.with(2, (all[2] ?? "").replace("line 3", "line X")), line: 3 },
    "edited time": { lines: all.with(0, (all[0] ?? "").replace(/"time":"2/, '"time":"3')), line: 1 },
    removed: { lines: all.toSpliced(2, 1), line: 3 },
    "first removed": { lines: all.slice(1), line: 1 },
    repeated: { lines: all.toSpliced(3, 0, all[2] ?? ""), line: 4 },
    swapped: { lines: all.with(2, all[3] ?? "").with(3, all[2] ?? ""), line: 3 },
    replaced: { lines: all.with(2, forged), line: 4 },
    empty: { lines: all.toSpliced(3, 0, ""), line: 4 },
  };
  for (const [name, attack] of Object.entries(attacks)) {
    writeFileSync(path, `${attack.lines.join("\n")}\n`);
    const verdict = await verifyAudit(path, head);
    assert.ok(!verdict.ok, name);
    assert.equal(verdict.line, attack.line, name);
  }
});

function parsedHash(text: string): string {
  const parsed = parseAuditLine(text);
  assert.ok(parsed.ok);
  return parsed.line.hash;
}

test("row 149: a cut tail, an emptied log and a log written anew are found by the recorded head", async (context) => {
  const path = logPath(context);
  const head = await write(path, 5);
  const all = readFileSync(path, "utf8").trimEnd().split("\n");
  writeFileSync(path, `${all.slice(0, 3).join("\n")}\n`);
  assert.match(problemOf(await verifyAudit(path, head)), /the end of the log is missing/);
  writeFileSync(path, "");
  assert.match(problemOf(await verifyAudit(path, head)), /the end of the log is missing/);
  rmSync(path);
  assert.match(problemOf(await verifyAudit(path, head)), /the end of the log is missing/);
  await write(path, 5);
  assert.match(problemOf(await verifyAudit(path, head)), /the end of the log is missing/);
});

function problemOf(verdict: Awaited<ReturnType<typeof verifyAudit>>): string {
  return verdict.ok ? "" : verdict.problem;
}

test("lines after the recorded head are whole and counted", async (context) => {
  const path = logPath(context);
  const head = await write(path, 2);
  await write(path, 3);
  const verdict = await verifyAudit(path, head);
  assert.ok(verdict.ok);
  assert.equal(verdict.afterRecorded, 3);
});

test("row 131: lines that somebody added after the last one of all are found", async (context) => {
  const path = logPath(context);
  const head = await write(path, 2);
  await write(path, 1);
  const verdict = await verifyAudit(path, head, true);
  assert.ok(!verdict.ok);
  assert.equal(verdict.line, 3);
  assert.match(verdict.problem, /added after the bottle had ended/);
});

test("row 129: no line break, control, bidi or zero-width character of an event reaches the file raw, and the text comes back whole", () => {
  const odd = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...'\n\r\t\u001b\u007f\u0085\u009b\u200b\u200e\u202e\u2028\u2066\ufeff\u00ad\ud800\\"'),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 60,
  });
  fc.assert(
    fc.property(odd, (detail) => {
      const { line } = formatAuditLine(said(detail), new Date(0), GENESIS);
      assert.ok(line.isWellFormed());
      assert.ok(!/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(line));
      const parsed = parseAuditLine(line);
      assert.ok(parsed.ok && parsed.line.event.type === "session");
      assert.equal(parsed.line.event.detail, detail);
    }),
  );
});

test("row 129: a field is capped and says by how much, and an event cannot forge the frame of a line", () => {
  const { line } = formatAuditLine(said("x".repeat(1_000_000)), new Date(0), GENESIS);
  assert.ok(line.length < 6000);
  assert.match(line, /\(\+995904\)/);
  const forged = formatAuditLine(said(`","hash":"${"0".repeat(64)}"}`), new Date(0), GENESIS);
  const parsed = parseAuditLine(forged.line);
  assert.ok(parsed.ok);
  assert.equal(parsed.line.hash, forged.head.hash);
});

test("row 130: a full log refuses the agent's lines and still takes the session's", async (context) => {
  const path = logPath(context);
  const log = await openAudit(path, { maxBytes: 2000 });
  const result: AuditEvent = {
    type: "result",
    id: "r",
    status: 200,
    bytesOut: 0,
    bytesIn: 0,
    ms: 0,
    scrubbed: 0,
    error: null,
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => log.append(result)));
  assert.equal(outcomes[0]?.status, "fulfilled");
  assert.equal(outcomes.at(-1)?.status, "rejected");
  await log.append(said("closing"));
  await log.close();
  assert.ok(statSync(path).size < 3000);
  assert.equal((await verifyAudit(path, log.head().hash)).ok, true);
});

test("following yields lines as they are written and ends when told", async (context) => {
  const path = logPath(context);
  const log = await openAudit(path);
  await log.append(said("1"));
  const stop = new AbortController();
  const read: string[] = [];
  for await (const parsed of readAudit(path, stop.signal)) {
    assert.ok(parsed.ok && parsed.line.event.type === "session");
    read.push(parsed.line.event.detail);
    if (read.length < 4) await log.append(said(String(read.length + 1)));
    else stop.abort();
  }
  await log.close();
  assert.deepEqual(read, ["1", "2", "3", "4"]);
});
