import { constants } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { BottleError } from "../core/model/errors.ts";

const MEMORY = "/dev/shm";
/** statfs(2) */
const TMPFS_MAGIC = 0x01021994;
/** open(2): a regular file without a name; Node has no word for it, and O_DIRECTORY is not the same on each processor. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Runs `work` with a path under which children of ours can read `content`, any number of times, as a file of mode 0600. It
 * lies in memory and has no name in any folder: when this process ends, however it ends, nothing of it is left. Errors:
 * HOST_UNFIT without a tmpfs at /dev/shm.
 */
export async function withUnnamedFile<T>(content: string, work: (path: string) => Promise<T>): Promise<T> {
  const file = await openUnnamed();
  try {
    await file.writeFile(content);
    return await work(`/proc/${process.pid}/fd/${file.fd}`);
  } finally {
    await file.close();
  }
}

async function openUnnamed(): Promise<FileHandle> {
  try {
    // Anywhere else the content would be on a disk.
    if ((await statfs(MEMORY)).type !== TMPFS_MAGIC) throw new Error("another file system");
    return await open(MEMORY, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch (cause) {
    throw new BottleError("HOST_UNFIT", `${MEMORY} is no tmpfs that takes files`, {
      hint: "mount -t tmpfs -o mode=1777 tmpfs /dev/shm",
      cause,
    });
  }
}
