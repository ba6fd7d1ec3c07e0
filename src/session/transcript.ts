import { closeSync, openSync, writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { openIfThere } from "../host/files.ts";

/** Longer than any first line of script(1), which holds the whole command. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 512;

/** What an agent without a terminal prints, as it is kept. */
export interface Transcript {
  write(piece: Buffer): void;
  close(): void;
}

const GREATEST_BYTES = 1 << 30;

/**
 * Opens the transcript for appending. A disk that is full, or `limit` bytes, end the transcript and not the agent; `say`
 * gets one line about it.
 */
export function openTranscript(path: string, say: (line: string) => void, limit = GREATEST_BYTES): Transcript {
  const file = openSync(path, "a", 0o600);
  let size = 0;
  let ended = false;
  const end = (why: string) => {
    ended = true;
    say(`bottle: the rest of the agent's output is not kept: ${why}`);
  };
  return {
    write: (piece) => {
      if (ended) return;
      size += piece.length;
      if (size > limit) return end(`${path} has reached its greatest size of ${limit} bytes`);
      try {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      } catch (error) {
        end(error instanceof Error ? error.message : String(error));
      }
    },
    close: () => closeSync(file),
  };
}

/** Bytes of a transcript that the agent printed: from `start` up to, not including, `end`. */
export interface TranscriptSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the agent's own output stands in the file. script(1) writes a first line with the command that entered the
 * bottle, and a last line with its exit code: neither is the agent's, and the first one names paths of the host.
 * A file that is not there is empty.
 */
export async function transcriptSpan(path: string): Promise<TranscriptSpan> {
  await using file = await openIfThere(path);
  return file === null ? { start: 0, end: 0 } : await spanIn(file);
}

/** As `transcriptSpan`, of a file that is open. */
export async function spanIn(file: FileHandle): Promise<TranscriptSpan> {
  const { size } = await file.stat();
  const part = async (position: number, length: number): Promise<string> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString("latin1", 0, bytesRead);
  };
  const head = await part(0, Math.min(size, HEAD_BYTES));
  if (!head.startsWith("Script started on ") || !/^[^[\n]*\[COMMAND="trap ''/.test(head))
    return { start: 0, end: size };
  const start = head.indexOf("\n") + 1;
  const tail = await part(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  const last = /\n?Script done on [^[\n]*\[COMMAND_EXIT_CODE="\d+"\]\n$/.exec(tail)?.[0].length ?? 0;
  return { start: start === 0 ? size : start, end: Math.max(start, size - last) };
}
