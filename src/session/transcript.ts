import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, unlinkSync, writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { openIfThere } from "../host/files.ts";

/** Longer than any first line of script(1), which holds the whole command. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 512;
/** Of a transcript that has grown to it the newest half is kept. */
const GREATEST_BYTES = 64 << 20;
const PIECE_BYTES = 1 << 20;
/** How far into the newest half a line's end is looked for. */
const LINE_BYTES = 4096;

/** What an agent prints, as it is kept. */
export interface Transcript {
  write(piece: Buffer): void;
  /** Bytes that were written, kept or not. */
  readonly written: number;
  close(): void;
}

/**
 * Opens the transcript for appending; beside us nobody writes it. At `limit` bytes the older half goes, and a first line
 * says how much went. A disk that is full ends the transcript and not the agent; `say` gets one line about it.
 */
export function openTranscript(path: string, say: (line: string) => void, limit = GREATEST_BYTES): Transcript {
  let file = openSync(path, "a+", 0o600);
  let size = fstatSync(file).size;
  let written = 0;
  let ended = false;
  const add = (piece: Buffer) => {
    for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
    size += piece.length;
    if (size <= limit) return;
    const shorter = shortened(path, file, size, Math.floor(limit / 2));
    closeSync(file);
    ({ file, size } = shorter);
  };
  return {
    write: (piece) => {
      written += piece.length;
      if (ended) return;
      try {
        add(piece);
      } catch (error) {
        ended = true;
        const why = error instanceof Error ? error.message : String(error);
        say(`bottle: the rest of the agent's output is not kept: ${why}`);
      }
    },
    get written() {
      return written;
    },
    close: () => closeSync(file),
  };
}

/** Puts a file with the newest `keep` bytes in the place of the transcript: who reads the old one can read it to its end. */
function shortened(path: string, from: number, size: number, keep: number): { file: number; size: number } {
  const head = textAt(from, 0, NOTE_BYTES);
  const { cut, length } = cutNote(head);
  let start = Math.max(length, size - keep);
  const line = bytesAt(from, start, Math.min(LINE_BYTES, size - start)).indexOf(0x0a);
  if (line >= 0 && start + line + 1 < size) start += line + 1;
  const next = `${path}.new`;
  const file = openSync(next, "w+", 0o600);
  try {
    let total = writeSync(file, noteOf(cut + start - length));
    for (let at = start; at < size; ) {
      const piece = bytesAt(from, at, Math.min(PIECE_BYTES, size - at));
      if (piece.length === 0) break;
      for (let sent = 0; sent < piece.length; ) sent += writeSync(file, piece, sent);
      at += piece.length;
      total += piece.length;
    }
    renameSync(next, path);
    return { file, size: total };
  } catch (error) {
    closeSync(file);
    unlinkSync(next);
    throw error;
  }
}

function bytesAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, position));
}

const textAt = (file: number, position: number, length: number) => bytesAt(file, position, length).toString("latin1");

const NOTE_BYTES = 80;
const noteOf = (cut: number) => `[bottle: what came before is not kept: ${cut} bytes]\n`;

/** What the first line of a shortened transcript says. An agent that prints the same first hides a line of its own. */
function cutNote(head: string): { readonly cut: number; readonly length: number } {
  const [line = "", cut = "0"] = /^\[bottle: what came before is not kept: (\d{1,15}) bytes\]\n/.exec(head) ?? [];
  return { cut: Number(cut), length: line.length };
}

/**
 * Takes what script(1) writes and hands on what of it is the agent's: not its first line, which holds a command with paths
 * of this host. Its last line is cut off by `withoutTrailer`.
 */
export function withoutHeader(write: (piece: Buffer) => void): (piece: Buffer) => void {
  let head: Buffer | null = Buffer.alloc(0);
  return (piece) => {
    if (head === null) return write(piece);
    head = Buffer.concat([head, piece]);
    const end = head.indexOf(0x0a);
    if (end < 0 && head.length < HEAD_BYTES) return;
    const rest = /^Script started on /.test(head.toString("latin1", 0, 32)) ? head.subarray(end + 1) : head;
    head = null;
    if (rest.length > 0) write(rest);
  };
}

const TRAILER = /\n?Script done on [^[\n]*\[COMMAND_EXIT_CODE="\d+"\]\n$/;

/** Cuts the last line of script(1) off a transcript that nobody writes any more; where that fails it stays. */
export function withoutTrailer(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch {
    return;
  }
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - TAIL_BYTES);
    const trailer = TRAILER.exec(textAt(file, from, size - from));
    if (trailer !== null) ftruncateSync(file, size - trailer[0].length);
  } finally {
    closeSync(file);
  }
}

/** Bytes of a transcript that the agent printed: from `start` up to, not including, `end`; `cut` before them are not kept. */
export interface TranscriptSpan {
  readonly start: number;
  readonly end: number;
  readonly cut: number;
}

/**
 * Where the agent's own output stands in the file. Of older transcripts script(1) wrote a first line with the command that
 * entered the bottle, and a last line with its exit code: neither is the agent's, and the first one names paths of the
 * host. A file that is not there is empty.
 */
export async function transcriptSpan(path: string): Promise<TranscriptSpan> {
  await using file = await openIfThere(path);
  return file === null ? { start: 0, end: 0, cut: 0 } : await spanIn(file);
}

/** As `transcriptSpan`, of a file that is open. */
export async function spanIn(file: FileHandle): Promise<TranscriptSpan> {
  const { size } = await file.stat();
  const part = async (position: number, length: number): Promise<string> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.toString("latin1", 0, bytesRead);
  };
  const head = await part(0, Math.min(size, HEAD_BYTES));
  const { cut, length } = cutNote(head);
  if (length > 0 || !head.startsWith("Script started on ") || !/^[^[\n]*\[COMMAND="trap ''/.test(head))
    return { start: length, end: size, cut };
  const start = head.indexOf("\n") + 1;
  const tail = await part(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  const last = TRAILER.exec(tail)?.[0].length ?? 0;
  return { start: start === 0 ? size : start, end: Math.max(start, size - last), cut: 0 };
}
