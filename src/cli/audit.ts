import type { AuditEvent } from "../core/model/audit.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { printable } from "../core/wire/printable.ts";
import { stateOf } from "../session/reconcile.ts";
import type { AuditLine } from "../state/audit-format.ts";
import { readAudit, verifyAudit } from "../state/audit-reader.ts";
import { bottlePaths, type Layout } from "../state/layout.ts";
import { findBottle, readRecord } from "../state/records.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** One event on one line, for people. */
function describe(event: AuditEvent): string {
  switch (event.type) {
    case "policy":
      return `policy   version ${event.version}, ${event.rules} rules (${event.cause})`;
    case "decision": {
      const verdict = event.verdict === "allow" ? "allow" : event.alert ? "DENY!" : "DENY ";
      const where = `${event.method ?? "?"} ${event.authority ?? "?"}${event.target ?? ""}`;
      const by = event.rule === null ? "" : ` by ${event.rule}`;
      const credentials = event.credentials.length === 0 ? "" : ` [${event.credentials.join(", ")} added]`;
      return `${verdict}    ${event.id} ${where}  ${event.reason}${by}${credentials}${event.detail === null ? "" : ` (${event.detail})`}`;
    }
    case "result":
      return `result   ${event.id} ${event.status ?? "-"} out ${event.bytesOut} in ${event.bytesIn} ${event.ms} ms${event.error === null ? "" : ` ${event.error}`}`;
    case "session":
      return `session  ${event.event}: ${event.detail}`;
  }
}

/** `bottle audit`: the log as lines or JSON lines; `--verify` walks the chain. */
export const audit: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  const record = await readRecord(layout, name);
  const { audit: path } = bottlePaths(layout, name);
  if (flag(input, "verify")) {
    const verdict = await verifyAudit(path, record.auditHead);
    if (text(input, "format") === "json") io.out(`${JSON.stringify(verdict)}\n`);
    else if (verdict.ok) io.out(`${verdict.lines} lines, the chain is whole\n`);
    else io.out(`line ${verdict.line}: ${printable(verdict.problem)}\n`);
    return verdict.ok ? 0 : 5;
  }
  const stop = flag(input, "follow") && lives(record) ? untilEnded(record, layout, signal) : undefined;
  // Whatever asks before the bottle is sealed is the seal check: the agent is not there yet.
  let sealed = false;
  for await (const parsed of readAudit(path, stop)) {
    if (parsed.ok && parsed.line.event.type === "session" && parsed.line.event.event === "sealed") sealed = true;
    if (!parsed.ok) io.say(`bottle: audit log of ${name}: ${parsed.problem}`);
    else if (flag(input, "denied") && !(parsed.line.event.type === "decision" && parsed.line.event.verdict === "deny"))
      continue;
    else if (!(await writePaced(shown(parsed.line, sealed, text(input, "format") === "json")))) break;
    if (readerGone()) break;
  }
  return 0;
};

/** One line for people or programs. */
function shown(line: AuditLine, sealed: boolean, json: boolean): string {
  if (json) return `${JSON.stringify(line)}\n`;
  const { event, time } = line;
  const probe = event.type === "decision" && !sealed ? "  <- the seal check's own probe" : "";
  return `${time.slice(11, 23)}  ${printable(describe(event))}${probe}\n`;
}

/** Also one that is still being made: its log has begun. */
const lives = (record: BottleRecord): boolean => ["creating", "running"].includes(stateOf(record));

/** Aborts when the bottle has ended, was removed, or nobody reads or wants it any more. */
function untilEnded(record: BottleRecord, layout: Layout, signal: AbortSignal): AbortSignal {
  const ended = new AbortController();
  const timer = setInterval(async () => {
    const now = (await findBottle(layout, record.name).catch(() => null))?.record ?? null;
    if (now?.createdAt === record.createdAt && lives(now) && !readerGone()) return;
    clearInterval(timer);
    ended.abort();
  }, 500);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return AbortSignal.any([signal, ended.signal]);
}
