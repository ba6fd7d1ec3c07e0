import { randomBytes } from "node:crypto";
import { link, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno, writeFileAtomically } from "./files.ts";

/**
 * Writes `path` whole when nothing stands there, not even a link, and leaves what does stand there as it is: false then.
 * Errors: STATE_UNUSABLE.
 */
export async function createFile(path: string, content: string, mode: number): Promise<boolean> {
  const draft = join(dirname(path), `.${randomBytes(6).toString("hex")}.tmp`);
  await writeFileAtomically(draft, content, mode);
  try {
    // link(2) never replaces anything, and the name appears with the whole content.
    await link(draft, path);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}
