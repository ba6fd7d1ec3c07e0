import { constants } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, unwritable, writeFileAtomically } from "../host/files.ts";

/** File in a bottle's folder that holds room on the disk while an agent may fill the rest. */
export const SPARE = "record.spare";

/** More than a record is long. */
const SPARE_BYTES = 16 << 10;

/** Holds room for the end of a record: an agent may leave none (attack row 130). Errors: STATE_UNUSABLE. */
export async function holdSpare(spare: string): Promise<void> {
  // Not sparse: blocks that were never written would be asked for when there are none.
  await writeFileAtomically(spare, Buffer.alloc(SPARE_BYTES, " "));
}

/**
 * Replaces the record at `path` by `text`, which says how its bottle ended, and gives the spare room back. On a full disk
 * the spare itself becomes the record: its blocks and its inode are there, and a rename takes neither. Errors: STATE_UNUSABLE.
 */
export async function writeEnd(path: string, spare: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(path, text);
    await unlink(spare).catch(() => undefined);
  } catch (error) {
    const full = error instanceof BottleError && isErrno(error.cause, "ENOSPC", "EDQUOT");
    if (!full || !(await becomes(spare, path, text))) throw error;
  }
}

/** False where no room was held. */
async function becomes(spare: string, path: string, text: string): Promise<boolean> {
  const file = await open(spare, constants.O_RDWR | constants.O_NOFOLLOW).catch(() => null);
  if (file === null) return false;
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
    await file.truncate(bytes.length);
    await file.sync();
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    await file.close();
  }
  await rename(spare, path);
  return true;
}
