import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import type { TreeEntry } from "../core/model/work.ts";
import { isErrno } from "./files.ts";

/** What stands under a path: as git would have it in a tree; null: nothing; `other`: what no tree can hold, or behind a link. */
export type Found = TreeEntry | null | "other";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A folder of the operator in which files are read and written by their path from the top, never through a link: each
 * folder on the way is opened by its own name in the one above it (openat(2) with O_NOFOLLOW, by way of /proc/self/fd).
 * Paths are bytes, with `/` between.
 */
export class PlainFolder {
  readonly #top: string;

  constructor(top: string) {
    this.#top = top;
  }

  /** What is there, its content hashed as git does. */
  async look(path: Buffer, algorithm: "sha1" | "sha256"): Promise<Found> {
    return this.#within(path, false, async (parent, name) => {
      if (parent === null) return null;
      if (parent === "other") return "other";
      const at = child(parent, name);
      const stat = await lstat(at).catch(absent);
      if (stat === null) return null;
      if (stat.isSymbolicLink()) {
        const target = await readlink(at, { encoding: "buffer" });
        const hash = createHash(algorithm).update(`blob ${target.length}\0`).update(target);
        return { mode: "120000", id: hash.digest("hex") };
      }
      if (!stat.isFile()) return "other";
      const file = await open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const { size, mode } = await file.stat();
        const hash = createHash(algorithm).update(`blob ${size}\0`);
        for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
        return { mode: (mode & 0o100) === 0 ? "100644" : "100755", id: hash.digest("hex") };
      } finally {
        await file.close();
      }
    });
  }

  /** Puts a file there, whole or not at all (a new one beside it, then rename(2)); folders on the way are made. */
  async write(path: Buffer, executable: boolean, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    await this.#place(path, async (at) => {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = await open(at, flags, executable ? 0o777 : 0o666);
      try {
        await fill(file);
      } finally {
        await file.close();
      }
    });
  }

  /** Puts a link there. */
  async link(path: Buffer, target: Buffer): Promise<void> {
    await this.#place(path, (at) => symlink(target, at));
  }

  async #place(path: Buffer, make: (at: Buffer) => Promise<void>): Promise<void> {
    await this.#within(path, true, async (parent, name) => {
      if (parent === null || parent === "other") throw new Error("a file or link stands where a folder should be");
      const temp = child(parent, Buffer.from(`.bottle-${randomBytes(6).toString("hex")}.tmp`));
      try {
        await make(temp);
        await rename(temp, child(parent, name));
      } catch (error) {
        await unlink(temp).catch(() => undefined);
        throw error;
      }
    });
  }

  /** Takes a file or link away, and the folders that are empty then. */
  async remove(path: Buffer): Promise<void> {
    await this.#within(path, false, async (parent, name) => {
      if (parent === null || parent === "other") return;
      await unlink(child(parent, name)).catch(absent);
    });
    for (let end = path.lastIndexOf(0x2f); end > 0; end = path.lastIndexOf(0x2f, end - 1)) {
      const gone = await this.#within(path.subarray(0, end), false, async (parent, name) => {
        if (parent === null || parent === "other") return false;
        return rmdir(child(parent, name)).then(
          () => true,
          () => false,
        );
      });
      if (!gone) return;
    }
  }

  /** Opens the folder in which a path ends: null when one on the way is missing, `other` when it is no folder. */
  async #within<T>(
    path: Buffer,
    create: boolean,
    use: (parent: FileHandle | null | "other", name: Buffer) => Promise<T>,
  ): Promise<T> {
    const parts = split(path);
    const name = parts.pop() ?? Buffer.alloc(0);
    let at: FileHandle = await open(this.#top, FOLDER);
    try {
      for (const part of parts) {
        if (create) await mkdir(child(at, part)).catch(exists);
        let next: FileHandle;
        try {
          next = await open(child(at, part), FOLDER);
        } catch (error) {
          if (isErrno(error, "ENOENT")) return await use(null, name);
          if (isErrno(error, "ENOTDIR", "ELOOP")) return await use("other", name);
          throw error;
        }
        await at.close();
        at = next;
      }
      return await use(at, name);
    } finally {
      await at.close();
    }
  }
}

function split(path: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const slash = path.indexOf(0x2f, from);
    const end = slash === -1 ? path.length : slash;
    parts.push(path.subarray(from, end));
    from = end + 1;
  }
  if (parts.some((part) => part.length === 0 || part.equals(Buffer.from(".")) || part.equals(Buffer.from("..")))) {
    throw new Error("not a path inside a folder");
  }
  return parts;
}

function child(parent: FileHandle, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${parent.fd}/`), name]);
}

function absent(error: unknown): null {
  if (isErrno(error, "ENOENT")) return null;
  throw error;
}

function exists(error: unknown): void {
  if (!isErrno(error, "EEXIST")) throw error;
}
