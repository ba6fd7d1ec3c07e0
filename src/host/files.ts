import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BottleError } from "../core/model/errors.ts";

/** True when `error` is a system error with this code, e.g. `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/** What the system says of a disk that takes nothing more, or that we may not write to. */
const UNWRITABLE = ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO"];

/** The error for a file of ours that could not be written: a full disk is no bug. Any other error stays as it is. */
export function unwritable(path: string, error: unknown): unknown {
  if (!isErrno(error, ...UNWRITABLE)) return error;
  if (isErrno(error, "ENOSPC", "EDQUOT")) {
    const hint = "free some space: bottle ls, then bottle rm NAME";
    return new BottleError("STATE_UNUSABLE", `${path} cannot be written: its disk is full`, { hint, cause: error });
  }
  const hint = "its disk and its folder must be writable";
  return new BottleError("STATE_UNUSABLE", `${path} cannot be written`, { hint, cause: error });
}

/** Writes, on a disk that may be full; a runtime folder is mostly a small one in memory. Errors: STATE_UNUSABLE. */
export function orUnwritable<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw error instanceof BottleError ? error : unwritable(path, error);
  }
}

/**
 * Makes `folder` and what is missing above it, each 0700, and checks that the folder is a real one (not a link),
 * is ours and is closed to everybody else: in a shared temp folder somebody may have made it first.
 * Errors: STATE_UNUSABLE.
 */
export async function makePrivateFolder(folder: string, uid: number): Promise<void> {
  const unusable = (why: string, hint: string, cause?: unknown) =>
    new BottleError("STATE_UNUSABLE", `${folder} ${why}`, { hint, cause });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable("cannot be made", "check the folder above it and the free space", error);
  }
  const stat = await lstat(folder);
  if (!stat.isDirectory()) throw unusable("is not a folder", "move it away");
  if (stat.uid !== uid) throw unusable(`belongs to user ${stat.uid}, not to you`, "move it away, or have it removed");
  // Our own folder may be too open, or closed to us too, after an odd umask or a restored backup; it is ours to mend.
  if ((stat.mode & 0o777) !== 0o700) await chmod(folder, 0o700);
}

/**
 * Replaces `path` by `content` so that a reader, or a crash at any moment, sees the old file or the new one, never a
 * part (write a new file beside it, or in `folder` on the same disk, then rename(2)). A power cut too: without
 * fdatasync(2) the name may be on the disk before the bytes are. Mode 0600 by default. Leaves no temp file behind on
 * failure. Errors: STATE_UNUSABLE.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  folder = dirname(path),
): Promise<void> {
  const temp = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    const file = await open(temp, flags, mode);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temp, path);
  } catch (error) {
    await unlink(temp).catch(() => {});
    throw unwritable(path, error);
  }
}

/** Asks to have a file's bytes, or the names in a folder, on the disk (fsync(2)); where that cannot be had, it is let be. */
export async function syncPath(path: string): Promise<void> {
  const handle = await openIfThere(path).catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** True for the name of a file that `writeFileAtomically` was killed over. */
export function isTempName(name: string): boolean {
  return /^\.[0-9a-f]{12}\.tmp$/.test(name);
}

export type FileText =
  | { readonly kind: "text"; readonly text: string; readonly mode: number; readonly uid: number }
  | { readonly kind: "missing" }
  /** Exists and cannot be taken: `why` is half a sentence, e.g. `is not a regular file`. */
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Text of a regular file of at most `maxBytes`, which must be UTF-8. Never blocks on a FIFO and never opens a device:
 * O_NONBLOCK, then fstat on what was opened. Follows a final link only with `followLinks`.
 */
export async function readTextFile(
  path: string,
  { maxBytes = 1 << 20, followLinks = true }: { readonly maxBytes?: number; readonly followLinks?: boolean } = {},
): Promise<FileText> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  let file: import("node:fs/promises").FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return { kind: "missing" };
    if (isErrno(error, "ELOOP")) return { kind: "unreadable", why: "is a link" };
    if (isErrno(error, "ENXIO")) return { kind: "unreadable", why: "is not a regular file" };
    return { kind: "unreadable", why: `cannot be opened (${error instanceof Error ? error.message : "unknown"})` };
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return { kind: "unreadable", why: "is not a regular file" };
    if (stat.size > maxBytes) return { kind: "unreadable", why: `is larger than ${maxBytes} bytes` };
    // One byte more than it has: what grows while it is read is read on. A file of /proc says 0 whatever it holds.
    let buffer = Buffer.alloc(stat.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length > maxBytes) break;
      if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(4 * length + 4096, maxBytes + 1));
    }
    if (length > maxBytes) return { kind: "unreadable", why: `is larger than ${maxBytes} bytes` };
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(buffer.subarray(0, length));
      return { kind: "text", text, mode: stat.mode & 0o7777, uid: stat.uid };
    } catch {
      return { kind: "unreadable", why: "is not UTF-8 text" };
    }
  } catch (error) {
    return { kind: "unreadable", why: `cannot be read (${error instanceof Error ? error.message : "unknown"})` };
  } finally {
    await file.close();
  }
}

/** Opens a file for reading; null when it is not there. */
export async function openIfThere(path: string): Promise<import("node:fs/promises").FileHandle | null> {
  return open(path).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
}
