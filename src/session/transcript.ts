import { open } from "node:fs/promises";
import { isErrno } from "../host/files.ts";

/** Longer than any first line of script(1), which holds the whole command. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 512;

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
  try {
    await using file = await open(path);
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
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { start: 0, end: 0 };
    throw error;
  }
}
