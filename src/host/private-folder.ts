import { rm } from "node:fs/promises";

/**
 * Removes a folder that only we could write (sockets, read-only files of a bottle). Never for a folder that an agent
 * could write: that is `Backend.erase`'s, from inside a throw-away cage. Idempotent.
 */
export async function removePrivateFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
