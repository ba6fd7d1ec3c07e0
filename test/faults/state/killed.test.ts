import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openAudit } from "../../../src/state/audit.ts";
import { verifyAudit } from "../../../src/state/audit-reader.ts";
import { listDrafts, removeDraft } from "../../../src/state/drafts.ts";
import { unfinishedIntents } from "../../../src/state/journal.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { listBottles, removeBottleFolder } from "../../../src/state/records.ts";

const ROUNDS = 12;

test("row 149: part B 5: kill -9 at any moment leaves no half file, and no acknowledged audit line is lost", {
  timeout: 120_000,
}, async (context) => {
  const home = mkdtempSync(join(tmpdir(), "killed-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, process.getuid?.() ?? 0);
  let busy = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `b${round}`;
    // The first rounds are killed while the bottle is being created, the later ones while all is being written.
    const acknowledged = await runAndKill(home, name, round < 4 ? round : 20 + round * 15);
    const bottle = (await listBottles(layout)).find((listed) => listed.name === name);
    if (bottle === undefined) continue;
    assert.equal(bottle.problem, null);
    const paths = bottlePaths(layout, name);
    if (readdirSync(paths.folder).includes("policy.json")) JSON.parse(readFileSync(paths.policy, "utf8"));
    assert.ok((await unfinishedIntents(paths.journal)).length <= 1);
    const log = await openAudit(paths.audit);
    await log.close();
    const verdict = await verifyAudit(paths.audit, log.head().hash);
    assert.ok(verdict.ok, verdict.ok ? "" : verdict.problem);
    assert.ok(verdict.lines >= acknowledged, `${verdict.lines} lines, ${acknowledged} acknowledged`);
    if (acknowledged > 0) busy += 1;
    await removeBottleFolder(layout, name);
  }
  for (const { folder } of await listDrafts(layout)) await removeDraft(folder);
  assert.deepEqual(readdirSync(layout.bottles), []);
  assert.ok(busy >= 3, `only ${busy} rounds were killed while writing`);
});

/** Starts the writer, kills it `afterMs` after its first word, and gives the last line number that it printed. */
function runAndKill(home: string, name: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "killed-child.ts"), home, name], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (piece: Buffer) => {
    if (printed === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    printed += piece.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the writer ended by itself: ${code} ${signal}`));
      else resolve(Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1)));
    });
  });
}
