import type { AuditEvent } from "../core/model/audit.ts";
import { printable } from "../core/wire/printable.ts";
import { stateOf } from "../session/reconcile.ts";
import { readAudit, verifyAudit } from "../state/audit-reader.ts";
import { bottlePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
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
  const following = flag(input, "follow") && stateOf(record) === "running";
  const stop = following ? untilEnded(name, layout, signal) : undefined;
  // Whatever asks before the bottle is sealed is the seal check: the agent is not there yet.
  let sealed = false;
  for await (const parsed of readAudit(path, stop)) {
    if (parsed.ok && parsed.line.event.type === "session" && parsed.line.event.event === "sealed") sealed = true;
    if (!parsed.ok) io.say(`bottle: audit log of ${name}: ${parsed.problem}`);
    else if (flag(input, "denied") && !(parsed.line.event.type === "decision" && parsed.line.event.verdict === "deny"))
      continue;
    else if (text(input, "format") === "json") io.out(`${JSON.stringify(parsed.line)}\n`);
    else {
      const { event, time } = parsed.line;
      const probe = event.type === "decision" && !sealed ? "  <- the seal check's own probe" : "";
      io.out(`${time.slice(11, 23)}  ${printable(describe(event))}${probe}\n`);
    }
  }
  return 0;
};

/** Aborts when the bottle has ended or the operator stops. */
function untilEnded(name: string, layout: Parameters<typeof readRecord>[0], signal: AbortSignal): AbortSignal {
  const ended = new AbortController();
  const timer = setInterval(async () => {
    const record = await readRecord(layout, name).catch(() => null);
    if (record !== null && stateOf(record) === "running") return;
    clearInterval(timer);
    ended.abort();
  }, 500);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return AbortSignal.any([signal, ended.signal]);
}
