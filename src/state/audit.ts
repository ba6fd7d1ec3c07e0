import { constants, writeSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { AuditEvent, AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import { unwritable } from "../host/files.ts";
import { type AuditHead, formatAuditLine, GENESIS, parseAuditLine } from "./audit-format.ts";

/** The log of one bottle, open for writing by its host process. */
export interface AuditLog extends AuditSink {
  /** Last line in the file: goes into the record, so that a cut tail shows. */
  head(): AuditHead;
  /** Writes what waits, then closes. Later appends reject. Idempotent. */
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly now?: () => Date;
  /**
   * Greatest size of the file. An agent that floods the log then loses its way out, not the operator the disk (attack
   * row 130). A little more stays free for `policy` and `session` lines.
   */
  readonly maxBytes?: number;
}

const RESERVE_BYTES = 1 << 20;
const MAX_BATCH = 512;

interface Waiting {
  readonly event: AuditEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens `audit.jsonl`, new or continued. `append` resolves when write(2) has taken the line; order is the order of the
 * calls. Lines that wait together are written together. A write that fails rejects its lines and is undone, so that the
 * chain stays whole: nothing unrecorded is ever forwarded (attack rows 130, 131). Errors: STATE_UNUSABLE.
 */
export async function openAudit(path: string, options: AuditOptions = {}): Promise<AuditLog> {
  const now = options.now ?? (() => new Date());
  const maxBytes = options.maxBytes ?? 1 << 30;
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  let { head, size } = await lastHead(file, path);
  const waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closing: Promise<void> | null = null;
  /** Set when the file may hold a torn line that could not be removed: nothing more may be written after it. */
  let broken: unknown = null;

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    if (broken !== null) throw broken;
    let next = head;
    let text = "";
    for (const { event } of batch) {
      const made = formatAuditLine(event, now(), next);
      next = made.head;
      text += `${made.line}\n`;
    }
    const bytes = Buffer.from(text);
    const urgent = batch.every(({ event }) => event.type === "session" || event.type === "policy");
    if (size + bytes.length > maxBytes + (urgent ? RESERVE_BYTES : 0)) {
      throw new BottleError("STATE_UNUSABLE", `${path} has reached its greatest size of ${maxBytes} bytes`);
    }
    try {
      // Synchronous: a line costs 5 us this way and 50 us by way of the thread pool, and requests wait for it either way.
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at);
    } catch (error) {
      await file.truncate(size).catch(() => {
        broken = unwritable(path, error);
      });
      throw unwritable(path, error);
    }
    size += bytes.length;
    head = next;
  };

  const drain = async (): Promise<void> => {
    // One turn of the event loop's microtasks later, so that events of one moment share a write.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MAX_BATCH);
      try {
        await writeBatch(batch);
        for (const line of batch) line.resolve();
      } catch (error) {
        // One line that cannot be written (too large a batch, an odd event) must not take the others with it.
        if (batch.length === 1) batch[0]?.reject(error);
        else await writeSingly(batch);
      }
    }
    // In the same turn as the last look at `waiting`: a line that comes now starts a new drain.
    writing = null;
  };

  const writeSingly = async (batch: readonly Waiting[]): Promise<void> => {
    for (const line of batch) await writeBatch([line]).then(line.resolve, line.reject);
  };

  return {
    append: (event) =>
      new Promise<void>((resolve, reject) => {
        if (closing !== null) return reject(new BottleError("STATE_UNUSABLE", `${path} is closed`));
        waiting.push({ event, resolve, reject });
        writing ??= drain();
      }),
    head: () => head,
    close() {
      closing ??= (async () => {
        while (writing !== null) await writing;
        await file.close();
      })();
      return closing;
    },
  };
}

/** More than the longest line. */
const TAIL_BYTES = 4 << 20;

/** Head of an existing log, so that it can be continued; a last line that a crash tore is cut off. */
async function lastHead(file: FileHandle, path: string): Promise<{ head: AuditHead; size: number }> {
  try {
    const { size } = await file.stat();
    if (size === 0) return { head: GENESIS, size: 0 };
    const start = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    await file.read(buffer, 0, buffer.length, start);
    const end = buffer.lastIndexOf(0x0a);
    const whole = start + end + 1;
    if (whole < size) await file.truncate(whole);
    if (whole === 0) return { head: GENESIS, size: 0 };
    const text = buffer.subarray(0, end).toString("utf8");
    const parsed = parseAuditLine(text.slice(text.lastIndexOf("\n") + 1));
    if (!parsed.ok)
      throw new BottleError("STATE_UNUSABLE", `the last line of ${path} cannot be continued: ${parsed.problem}`);
    return { head: { seq: parsed.line.seq, hash: parsed.line.hash }, size: whole };
  } catch (error) {
    await file.close();
    throw error;
  }
}
