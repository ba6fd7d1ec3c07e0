/** Writes record, policy, journal and audit log without end (argv: home, name). Prints the audit line that was acknowledged last. */
import { writeSync } from "node:fs";
import type { BottleRecord } from "../../../src/core/model/bottle-record.ts";
import { openAudit } from "../../../src/state/audit.ts";
import { openJournal } from "../../../src/state/journal.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { writePolicy } from "../../../src/state/policy-file.ts";
import { createRecord, updateRecord } from "../../../src/state/records.ts";

const [, , home = "", name = ""] = process.argv;
const uid = process.getuid?.() ?? 0;
const layout = layoutOf({}, home, uid);
const record: BottleRecord = {
  schema: 1,
  name,
  agent: "test",
  provider: "test",
  backend: "cage",
  phase: "running",
  createdAt: "2025-01-02T03:04:05.000Z",
  endedAt: null,
  exitCode: 0,
  host: { pid: process.pid, startTime: 0, bootId: "b" },
  run: "/run/x",
  handle: null,
  workspace: { mode: "copy", host: "/w" },
  labels: {},
  auditHead: null,
};
writeSync(1, "0\n");
const paths = await createRecord(layout, record, uid);
const log = await openAudit(paths.audit);
const journal = await openJournal(paths.journal);
const forever = async (work: (round: number) => Promise<unknown>): Promise<void> => {
  for (let round = 1; ; round += 1) await work(round);
};
await Promise.all([
  forever((round) =>
    updateRecord(layout, name, (found) => ({
      ...found,
      exitCode: round % 256,
      labels: { pad: "p".repeat((round * 997) % 60_000) },
    })),
  ),
  forever((round) => writePolicy(paths.policy, { version: round, rules: [], deny: [], credentials: [] })),
  forever(async (round) => journal.done(await journal.intent("thing", { round, pad: "j".repeat(300) }))),
  forever(async () => {
    await Promise.all(
      Array.from({ length: 40 }, () => log.append({ type: "session", event: "e", detail: "d".repeat(500) })),
    );
    writeSync(1, `${log.head().seq}\n`);
  }),
]);
