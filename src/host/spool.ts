import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { BottleError } from "../core/model/errors.ts";
import { isErrno } from "./files.ts";

/** O_TMPFILE of open(2), which node:fs does not name; the same on every architecture but for O_DIRECTORY in it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

const PIECE_BYTES = 64 * 1024;

/** A file without a name: what is kept for a moment and is gone with us, however we end. */
export class Spool implements Disposable {
  readonly #file: number;
  #size = 0;

  /** Errors: STATE_UNUSABLE when nothing can be written to `folder`. */
  constructor(folder: string) {
    this.#file = openNameless(folder);
  }

  /** For a child process, which opens it anew as `/proc/self/fd/N` and reads it from its beginning (proc(5)). */
  get descriptor(): number {
    return this.#file;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Errors: STATE_UNUSABLE for a full disk. */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (cause) {
      throw unusable(`${this.#size} bytes could be kept, and no more`, cause);
    }
    this.#size += bytes.length;
  }

  /** All that was written, from the beginning. */
  read(): Readable {
    return Readable.from(this.#pieces(), { objectMode: false });
  }

  /** A stream of node:fs closes the descriptor when its reader stops early; this one never does. */
  *#pieces(): Generator<Buffer> {
    for (let at = 0; at < this.#size; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#size - at));
      const length = readSync(this.#file, piece, 0, piece.length, at);
      if (length === 0) throw unusable("what was kept is gone", null);
      yield piece.subarray(0, length);
      at += length;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function openNameless(folder: string): number {
  try {
    return openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch (error) {
    // Not every file system can: there it has a name for the moment between these two lines.
    if (!isErrno(error, "EOPNOTSUPP", "EISDIR", "EINVAL")) throw unusable(`${folder} cannot be written`, error);
    const path = join(folder, `.spool-${randomBytes(8).toString("hex")}`);
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return file;
  }
}

const unusable = (message: string, cause: unknown): BottleError =>
  new BottleError("STATE_UNUSABLE", message, { cause, hint: "check the free space and the rights of the folder" });
