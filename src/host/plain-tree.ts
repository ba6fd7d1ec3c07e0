import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { isErrno } from "./files.ts";

/** The bytes of one file below a folder. */
export type PlainFile =
  | { readonly kind: "file"; readonly bytes: Buffer }
  | { readonly kind: "missing" }
  /** Half a sentence, e.g. `is a link`. */
  | { readonly kind: "refused"; readonly why: string };

/** What a file is, by content. */
export interface FileDigest {
  /** In hex. */
  readonly sha256: string;
  /** Its owner may execute it. */
  readonly executable: boolean;
}

export type PlainTree =
  /** Path below the root to what lies there; an empty folder has nothing. `entries` counts folders too. */
  | {
      readonly kind: "files";
      readonly files: Readonly<Record<string, FileDigest>>;
      readonly bytes: number;
      readonly entries: number;
    }
  | { readonly kind: "missing" }
  /** The path below the root that is refused, and half a sentence. */
  | { readonly kind: "refused"; readonly path: string; readonly why: string };

/** What one tree may hold; more is refused. */
export interface TreeLimits {
  readonly fileBytes: number;
  readonly allBytes: number;
  readonly entries: number;
  readonly depth: number;
}

/** For text that people wrote: skills, prompts. */
export const TREE_LIMITS: TreeLimits = { fileBytes: 16 << 20, allBytes: 64 << 20, entries: 2000, depth: 16 };

/** Why something is not taken, thrown to the door functions below. */
class Refusal extends Error {
  readonly path: string;
  constructor(path: readonly string[], why: string) {
    super(why);
    this.path = path.join("/");
  }
}

/**
 * Reads the regular file `root/parts...` of at most `maxBytes`. No link is followed below `root` (a real path), whatever
 * another process swaps meanwhile: each step opens a name in the very folder that was opened before (openat(2), by way
 * of /proc/self/fd). Never blocks on a FIFO and opens no device.
 */
export async function readPlainFile(root: string, parts: readonly string[], maxBytes: number): Promise<PlainFile> {
  try {
    return await below(root, parts, async (file) => {
      const bytes: Buffer[] = [];
      await readInto(file, parts, maxBytes, (chunk) => bytes.push(Buffer.from(chunk)));
      return { kind: "file", bytes: Buffer.concat(bytes) } as const;
    });
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", why: error.message };
    if (isErrno(error, "ENOENT", "ENOTDIR")) return { kind: "missing" };
    return { kind: "refused", why: reason(error) };
  }
}

/**
 * The digest of each regular file at `root/parts...`, which may be one file or a folder with all below it. Anything else
 * in there (a link, a FIFO, a device), and more than `limits`, refuses the whole. Safe as `readPlainFile` is.
 */
export async function digestTree(
  root: string,
  parts: readonly string[],
  limits: TreeLimits = TREE_LIMITS,
): Promise<PlainTree> {
  const found = new Map<string, FileDigest>();
  const left = { bytes: limits.allBytes, entries: limits.entries };
  const visit = async (item: FileHandle, path: readonly string[]): Promise<void> => {
    left.entries -= 1;
    if (left.entries < 0) throw new Refusal(parts, `holds more than ${limits.entries} files`);
    if (path.length > parts.length + limits.depth) throw new Refusal(path, `lies deeper than ${limits.depth} folders`);
    const stat = await item.stat();
    if (stat.isDirectory()) {
      for (const name of (await readdir(`/proc/self/fd/${item.fd}`)).sort()) {
        await step(item, path, name, (inner) => visit(inner, [...path, name]));
      }
      return;
    }
    const hash = createHash("sha256");
    const size = await readInto(item, path, Math.min(limits.fileBytes, left.bytes), (chunk) => hash.update(chunk));
    left.bytes -= size;
    found.set(path.join("/"), { sha256: hash.digest("hex"), executable: (stat.mode & 0o100) !== 0 });
  };
  try {
    await below(root, parts, (item) => visit(item, parts));
    const [bytes, entries] = [limits.allBytes - left.bytes, limits.entries - left.entries];
    return { kind: "files", files: Object.fromEntries(found), bytes, entries };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", path: error.path, why: error.message };
    if (isErrno(error, "ENOENT", "ENOTDIR")) return { kind: "missing" };
    return { kind: "refused", path: parts.join("/"), why: reason(error) };
  }
}

/** Opens `root/parts...`, gives it to `use`, closes it. */
async function below<T>(root: string, parts: readonly string[], use: (item: FileHandle) => Promise<T>): Promise<T> {
  const descend = async (folder: FileHandle, depth: number): Promise<T> => {
    const name = parts[depth];
    if (name === undefined) return use(folder);
    return step(folder, parts.slice(0, depth), name, (inner) => descend(inner, depth + 1));
  };
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const top = await open(root, flags);
  try {
    return await descend(top, 0);
  } finally {
    await top.close();
  }
}

/** Opens the file or folder `name` in an open folder. */
async function step<T>(
  folder: FileHandle,
  path: readonly string[],
  name: string,
  use: (item: FileHandle) => Promise<T>,
): Promise<T> {
  const place = [...path, name];
  const way = `/proc/self/fd/${folder.fd}/${name}`;
  // Looked at before it is opened: opening a device can act. What is opened is judged again.
  judge(await lstat(way), place);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  const item = await open(way, flags).catch((error: unknown) => {
    throw isErrno(error, "ELOOP") ? new Refusal(place, "is a link") : error;
  });
  try {
    judge(await item.stat(), place);
    return await use(item);
  } finally {
    await item.close();
  }
}

function judge(stat: import("node:fs").Stats, place: readonly string[]): void {
  if (stat.isSymbolicLink()) throw new Refusal(place, "is a link");
  if (!stat.isFile() && !stat.isDirectory()) throw new Refusal(place, "is not a regular file");
}

/** Gives each piece of the file to `take`; answers its size. */
async function readInto(
  file: FileHandle,
  path: readonly string[],
  maxBytes: number,
  take: (chunk: Buffer) => void,
): Promise<number> {
  const stat = await file.stat();
  if (stat.isDirectory()) throw new Refusal(path, "is not a regular file");
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(stat.size + 1, 64 << 10)));
  for (let size = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return size;
    size += bytesRead;
    if (size > maxBytes) throw new Refusal(path, `is larger than ${maxBytes} bytes`);
    take(buffer.subarray(0, bytesRead));
  }
}

function reason(error: unknown): string {
  return `cannot be read (${error instanceof Error ? error.message : "unknown"})`;
}
