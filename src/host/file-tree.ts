import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "./files.ts";

/** A regular file of a tree. */
export interface TreeFile {
  /** Real path. */
  readonly host: string;
  /** Below the root; the root's own name when that is a file. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Buffer;
  /** Hex. */
  readonly sha256: string;
}

/** What of a tree cannot be taken: `why` is half a sentence, e.g. `is a FIFO`. */
export interface TreeFault {
  readonly path: string;
  readonly why: string;
}

export interface TreeLimits {
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Folders within folders. */
  readonly depth: number;
}

/** More than any skill has; less than what would be felt at a start. */
export const TREE_LIMITS: TreeLimits = { files: 512, bytes: 8 << 20, depth: 12 };

/** Never brought in: a repository's own folder holds its remotes' addresses, hooks and history. */
const LEFT_OUT = [".git"];

/**
 * Reads the regular files at or below `root`, a real path, in the order of their names. Nothing else is opened: links
 * are followed only to files within the root, a FIFO or a device is a fault, and each file is what it was when it was
 * looked at (O_NOFOLLOW, fstat, and the path that the kernel gives to the open file). `.git` is left out. A limit that
 * is passed is one fault, and ends the reading. `wanted` chooses files by their path.
 */
export async function readTree(
  root: string,
  limits: TreeLimits = TREE_LIMITS,
  wanted: (path: string) => boolean = () => true,
): Promise<{ readonly files: readonly TreeFile[]; readonly faults: readonly TreeFault[] }> {
  const files: TreeFile[] = [];
  const faults: TreeFault[] = [];
  let bytes = 0;
  const full = (why: string): false => {
    faults.push({ path: "", why });
    return false;
  };

  const take = async (path: string, at: string): Promise<boolean> => {
    if (!wanted(path)) {
      if ((await stat(at).catch(() => null))?.isDirectory()) faults.push({ path, why: "is a link to a folder" });
      return true;
    }
    if (files.length === limits.files) return full(`holds more than ${limits.files} files`);
    const file = await readWithin(at, root, limits.bytes - bytes);
    if (file.kind === "fault") faults.push({ path, why: file.why });
    if (file.kind === "large") return full(`holds more than ${limits.bytes >> 20} MiB`);
    if (file.kind === "file") {
      bytes += file.content.length;
      files.push({ ...file, path });
    }
    return true;
  };

  /** False: a limit was passed. */
  const walk = async (folder: string, below: string, depth: number): Promise<boolean> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
    if (entries === null) {
      faults.push({ path: below, why: "cannot be read" });
      return true;
    }
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (LEFT_OUT.includes(entry.name)) continue;
      // U+FFFD stands for bytes that are no UTF-8.
      if (/[\p{Cc}\ufffd]/u.test(entry.name)) faults.push({ path, why: "has a name with odd characters" });
      else if (!entry.isDirectory()) {
        if (!(await take(path, join(folder, entry.name)))) return false;
      } else if (depth === limits.depth) faults.push({ path, why: `lies more than ${limits.depth} folders deep` });
      else if (!(await walk(join(folder, entry.name), path, depth + 1))) return false;
    }
    return true;
  };

  const itself = await readdir(root).catch((error: unknown) => (isErrno(error, "ENOTDIR") ? null : []));
  if (itself === null) await take(root.slice(root.lastIndexOf("/") + 1), root);
  else await walk(root, "", 1);
  return { files, faults };
}

type Reading =
  | {
      readonly kind: "file";
      readonly host: string;
      readonly executable: boolean;
      readonly content: Buffer;
      readonly sha256: string;
    }
  | { readonly kind: "fault"; readonly why: string }
  | { readonly kind: "large" };

const fault = (why: string): Reading => ({ kind: "fault", why });

/**
 * A regular file of at most `room` bytes that lies, or to which a link leads, at or below `root`. Never waits on a FIFO
 * and never opens a device for more than a look.
 */
export async function readWithin(path: string, root: string, room: number): Promise<Reading> {
  const real = await realpath(path).catch(() => null);
  if (real === null) return fault("is a link that leads nowhere, or cannot be reached");
  if (real !== root && !real.startsWith(`${root}/`)) return fault(`is a link out of ${root}`);
  const odd = oddKind(await lstat(real).catch(() => null));
  if (odd !== null) return fault(odd);
  let file: import("node:fs/promises").FileHandle;
  try {
    file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY);
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM")) return fault("cannot be read by you");
    return fault("cannot be opened");
  }
  try {
    const now = await file.stat();
    if (!now.isFile()) return fault("was exchanged while it was read");
    // Somebody may have exchanged a folder above it for a link since `realpath` (proc(5), /proc/pid/fd).
    if ((await readlink(`/proc/self/fd/${file.fd}`)) !== real) return fault("was moved while it was read");
    if (now.size > room) return { kind: "large" };
    const buffer = Buffer.alloc(now.size + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length !== now.size) return fault("changed while it was read");
    const content = buffer.subarray(0, length);
    const sha256 = createHash("sha256").update(content).digest("hex");
    return { kind: "file", host: real, executable: (now.mode & 0o100) !== 0, content, sha256 };
  } finally {
    await file.close();
  }
}

/** What a file is when it is no regular one; a device must not even be opened. */
function oddKind(stat: Stats | null): string | null {
  if (stat === null) return "cannot be reached";
  if (stat.isFile()) return null;
  if (stat.isDirectory()) return "is a link to a folder";
  if (stat.isFIFO()) return "is a FIFO";
  return stat.isSocket() ? "is a socket" : "is a device";
}
