import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { AuditEvent } from "../core/model/audit.ts";
import { parseAuditLine } from "../state/audit-format.ts";
import type { EgressLine } from "./model.ts";

/** Of a log that is met first, and at most at once. */
const FIRST_BYTES = 32 << 10;
const MOST_BYTES = 256 << 10;
const PENDING = 500;

/** Reads what a bottle's audit log got since the last time, from its end, in bounded pieces. */
export interface EgressTail {
  /** New lines; `fresh` denials are those since the tail was opened. Rejects when the file cannot be read. */
  read(): Promise<{ readonly lines: readonly EgressLine[]; readonly denied: number }>;
}

/** Opens a tail of the log at `path`. */
export function egressTail(bottle: string, path: string): EgressTail {
  let offset: number | null = null;
  let inode = 0;
  /** Requests that were let go and are not over yet. */
  const pending = new Map<string, string>();
  return {
    async read() {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
      if (file === null) return { lines: [], denied: 0 };
      try {
        const { size, ino } = await file.stat();
        const first = offset === null || ino !== inode || size < offset;
        inode = ino;
        // What came faster than it is read is left out: this is a look, and the log has it all.
        let from = first ? Math.max(0, size - FIRST_BYTES) : (offset ?? 0);
        const cut = size - from > MOST_BYTES;
        if (cut) from = size - MOST_BYTES;
        const buffer = Buffer.alloc(size - from);
        const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
        const end = buffer.lastIndexOf(0x0a, bytesRead - 1) + 1;
        // A line that is being written is read with the next piece.
        offset = end === 0 && !cut ? from : from + end;
        const text = buffer.toString("utf8", 0, end).split("\n");
        const lines = text
          .slice(from > 0 && (first || cut) ? 1 : 0, -1)
          .flatMap((line) => lineOf(bottle, line, pending));
        return { lines, denied: first ? 0 : lines.filter(({ denied }) => denied).length };
      } finally {
        await file.close();
      }
    },
  };
}

function lineOf(bottle: string, text: string, pending: Map<string, string>): readonly EgressLine[] {
  const parsed = parseAuditLine(text);
  if (!parsed.ok) return [{ bottle, at: 0, text: `(${parsed.problem})`, denied: false, passed: false }];
  const said = textOf(parsed.line.event, pending);
  return said === null ? [] : [{ bottle, at: Date.parse(parsed.line.time), ...said }];
}

function textOf(
  event: AuditEvent,
  pending: Map<string, string>,
): Pick<EgressLine, "text" | "denied" | "passed"> | null {
  switch (event.type) {
    case "decision": {
      const { id, method, authority, target, credentials, verdict, reason, alert } = event;
      const added = credentials.length === 0 ? "" : " [credential added]";
      const what = `${(method ?? "-").padEnd(4)} ${authority ?? "-"}${target ?? ""}${added}`;
      if (verdict !== "deny") {
        pending.set(id, what);
        const [oldest] = pending.keys();
        if (pending.size > PENDING && oldest !== undefined) pending.delete(oldest);
      }
      if (verdict === "allow") return null;
      if (verdict === "ask") return { text: `ask  ${what}  waits for you, ${id}`, denied: false, passed: false };
      return { text: `DENY ${what}  ${reason}${alert ? "  ALERT" : ""}`, denied: true, passed: false };
    }
    case "result": {
      const what = pending.get(event.id) ?? event.id;
      pending.delete(event.id);
      const how = event.error ?? String(event.status ?? "-");
      return {
        text: `ok   ${what}  ${how}  ${(event.ms / 1000).toFixed(1)}s  ${event.bytesIn} bytes`,
        denied: false,
        passed: true,
      };
    }
    case "answer":
      return {
        text: `you  ${event.verdict} ${event.id}${event.scope === null ? "" : ` ${event.scope}`}`,
        denied: false,
        passed: false,
      };
    case "git":
      return {
        text: `${event.verdict === "deny" ? "DENY" : "ok  "} git ${event.action} ${event.repository}  ${event.reason}`,
        denied: event.verdict === "deny",
        // The same push is told again when it has arrived.
        passed: event.verdict !== "deny" && event.reason !== "forwarding",
      };
    default:
      return null;
  }
}
