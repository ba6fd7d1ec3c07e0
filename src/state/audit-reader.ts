import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { openIfThere } from "../host/files.ts";
import { type AuditHead, followsHead, GENESIS, type ParsedAuditLine, parseAuditLine } from "./audit-format.ts";

const FOLLOW_MS = 200;

const PIECE_BYTES = 64 * 1024;

/**
 * Lines of a log as they stand, streamed in constant memory. With `follow` it goes on with what is appended until the
 * signal aborts, then to the end of what is there, also when the log was removed meanwhile. A missing file has no lines.
 * What looks changed is yielded as a problem, never skipped.
 */
export async function* readAudit(path: string, follow?: AbortSignal): AsyncGenerator<ParsedAuditLine> {
  let rest: Buffer[] = [];
  let file: FileHandle | null = null;
  try {
    for (;;) {
      const last = follow === undefined || follow.aborted;
      file ??= await openIfThere(path);
      for await (let piece of appended(file)) {
        for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a)) {
          yield parseAuditLine(Buffer.concat([...rest, piece.subarray(0, end)]).toString("utf8"));
          rest = [];
          piece = piece.subarray(end + 1);
        }
        if (piece.length > 0) rest.push(piece);
      }
      if (last) break;
      // Polled: inotify has no event that all file systems give for an append.
      await delay(FOLLOW_MS, undefined, { signal: follow }).catch(() => {});
    }
  } finally {
    await file?.close();
  }
  if (rest.length > 0) yield { ok: false, problem: "the last line is cut" };
}

/** What stands in the file behind what was read of it before. */
async function* appended(file: FileHandle | null): AsyncGenerator<Buffer> {
  for (;;) {
    const read = await file?.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, null);
    if (read === undefined || read.bytesRead === 0) return;
    yield read.buffer.subarray(0, read.bytesRead);
  }
}

export type AuditVerdict =
  | {
      readonly ok: true;
      readonly lines: number;
      readonly head: AuditHead;
      /** Lines after the recorded head (written after the record, e.g. before a `kill -9`); null: no head was recorded. */
      readonly afterRecorded: number | null;
    }
  /** `line` counts from 1. */
  | { readonly ok: false; readonly line: number; readonly problem: string };

/**
 * Checks the chain (attack rows 131, 149): an edited, removed, repeated or inserted line breaks it. `recorded` is the
 * hash kept in the bottle's record: a log that does not contain it has lost its tail or was written anew. `ended`: the
 * bottle recorded it as the last of all, and whatever follows was written by somebody else.
 */
export async function verifyAudit(path: string, recorded: string | null, ended = false): Promise<AuditVerdict> {
  let head = GENESIS;
  let recordedAt: number | null = recorded === GENESIS.hash ? 0 : null;
  let number = 0;
  for await (const parsed of readAudit(path)) {
    number += 1;
    if (!parsed.ok) return { ok: false, line: number, problem: parsed.problem };
    if (!followsHead(parsed.line, head)) {
      return {
        ok: false,
        line: number,
        problem: "the line does not follow the one before: lines were removed or added",
      };
    }
    head = { seq: parsed.line.seq, hash: parsed.line.hash };
    if (head.hash === recorded) recordedAt = number;
  }
  if (recorded !== null && recordedAt === null) {
    return {
      ok: false,
      line: number + 1,
      problem: "the end of the log is missing: the recorded last line is not in it",
    };
  }
  if (ended && recordedAt !== null && recordedAt < number) {
    return { ok: false, line: recordedAt + 1, problem: "the line was added after the bottle had ended" };
  }
  return { ok: true, lines: number, head, afterRecorded: recordedAt === null ? null : number - recordedAt };
}
