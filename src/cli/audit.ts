import type { AuditEvent } from "../core/model/audit.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { foundText } from "../core/policy/finding-texts.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import type { AuditLine } from "../state/audit-format.ts";
import { findAuditLog, type KeptLog } from "../state/audit-logs.ts";
import { readAudit, verifyAudit } from "../state/audit-reader.ts";
import { createTotals } from "../state/audit-totals.ts";
import { stateOf } from "../state/bottle-state.ts";
import type { Layout } from "../state/layout.ts";
import { findBottle } from "../state/records.ts";
import { describeAsk } from "./audit/ask-event.ts";
import { selection } from "./audit/selection.ts";
import { formatTotals } from "./audit/totals.ts";
import { describeGateEvent } from "./gate-event.ts";
import type { Io } from "./io.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { usageText } from "./usage-text.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

function found({ findings }: Extract<AuditEvent, { type: "decision" | "result" }>): string {
  const text = foundText(findings);
  return text === null ? "" : ` [${text}]`;
}

/** One event on one line, for people. */
function describe(event: AuditEvent): string {
  switch (event.type) {
    case "policy":
      return `policy   version ${event.version}, ${event.rules} rules (${event.cause})`;
    case "decision": {
      const verdict = event.verdict !== "deny" ? event.verdict.padEnd(5) : event.alert ? "DENY!" : "DENY ";
      const where = `${event.method ?? "?"} ${event.authority ?? "?"}${event.target ?? ""}`;
      const by = event.rule === null ? "" : ` by ${event.rule}`;
      const credentials = event.credentials.length === 0 ? "" : ` [${event.credentials.join(", ")} added]`;
      return `${verdict}    ${event.id} ${where}  ${event.reason}${by}${credentials}${event.detail === null ? "" : ` (${event.detail})`}${found(event)}`;
    }
    case "answer": {
      const scope = event.scope === null ? "" : ` ${event.scope}`;
      const grant = event.grant === null ? "" : ` [${event.grant}]`;
      return `answer   ${event.id} ${event.verdict}${scope} by ${event.by}${grant}${event.detail === null ? "" : ` (${event.detail})`}`;
    }
    case "result":
      return `result   ${event.id} ${event.status ?? "-"} out ${event.bytesOut} in ${event.bytesIn} ${event.ms} ms${event.error === null ? "" : ` ${event.error}`}${found(event)}`;
    case "git":
      return describeGateEvent(event);
    case "supervise":
      return describeAsk(event);
    case "usage":
      return `usage    ${event.id} ${usageText(event)}`;
    case "session":
      return `session  ${event.event}: ${event.detail}`;
  }
}

/** `bottle audit`: the log as lines or JSON lines, also of a removed bottle; `--totals` adds up, `--verify` walks the chain. */
export const audit: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  const wanted = { host: text(input, "host"), denied: flag(input, "denied"), since: text(input, "since") };
  refuseMeaningless(input);
  const wants = selection(wanted, Date.now());
  const log = await findAuditLog(layout, name);
  const json = text(input, "format") === "json";
  if (flag(input, "verify")) return verify(log, json, io);
  const { record, path } = log;
  if (log.removed) io.say(`bottle: ${name} was removed; this is its log from the archive`);
  const follows = flag(input, "follow") && !log.removed && record !== null && lives(record);
  const stop = follows ? untilEnded(record, layout, signal) : undefined;
  const totals = flag(input, "totals") ? createTotals() : null;
  // Whatever asks before the bottle is sealed is the seal check: the agent is not there yet.
  let sealed = false;
  for await (const parsed of readAudit(path, stop)) {
    if (parsed.ok && parsed.line.event.type === "session" && parsed.line.event.event === "sealed") sealed = true;
    if (!parsed.ok) io.say(`bottle: audit log of ${name}: ${parsed.problem}`);
    else if (!wants(parsed.line)) continue;
    else if (totals !== null) totals.add(parsed.line);
    else if (!(await writePaced(shown(parsed.line, sealed, json)))) break;
    if (readerGone()) break;
  }
  if (totals !== null) io.out(json ? `${printableJson(totals.result(), 2)}\n` : formatTotals(totals.result()));
  return 0;
};

/** What would silently do less than it says. */
function refuseMeaningless(input: VerbInput): void {
  const given = ["follow", "denied", "host", "since", "totals"].filter((it) => input.options[it] !== undefined);
  if (flag(input, "verify") && given.length > 0)
    throw new BottleError("USAGE", `--verify reads the whole log: --${given[0]} does not go with it`);
  if (flag(input, "totals") && flag(input, "follow"))
    throw new BottleError("USAGE", "--totals are of what is there: --follow does not go with it");
}

/** Walks the chain to the line that the record names (attack rows 131, 149). */
async function verify({ path, record }: KeptLog, json: boolean, io: Io): Promise<number> {
  const verdict = await verifyAudit(path, record?.auditHead ?? null, record?.phase === "exited");
  if (json) io.out(`${printableJson(verdict)}\n`);
  else if (!verdict.ok) io.out(`line ${verdict.line}: ${printable(verdict.problem)}\n`);
  else {
    const { lines, afterRecorded } = verdict;
    const open =
      afterRecorded === null
        ? "; no last line was recorded, so that a cut end would not show"
        : afterRecorded > 0
          ? `; the last ${afterRecorded} came after the line that was recorded`
          : "";
    io.out(`${lines} lines, the chain is whole${open}\n`);
  }
  return verdict.ok ? 0 : 5;
}

/** One line for people or programs. */
function shown(line: AuditLine, sealed: boolean, json: boolean): string {
  if (json) return `${printableJson(line)}\n`;
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
