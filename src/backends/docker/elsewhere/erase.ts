import { existsSync, rmdirSync } from "node:fs";
import { STORED_FOLDERS } from "../../../core/model/bottle-record.ts";
import { BottleError } from "../../../core/model/errors.ts";
import { isErrno } from "../../../host/files.ts";
import { removePrivateFolder } from "../../../host/private-folder.ts";
import type { StoredFolder } from "./stored-folders.ts";
import { removeVolume } from "./volumes.ts";

/**
 * Deletes a folder of a bottle that has volumes: the volume that it stands for, or what our own code has written here.
 * Idempotent. Rejects with TEARDOWN_INCOMPLETE.
 */
export async function eraseStored(folder: string, { stored, volume }: StoredFolder): Promise<void> {
  if (!existsSync(folder)) return;
  if (volume === null) return removePrivateFolder(folder);
  await removeVolume(stored.engine, volume).catch((error: unknown) => {
    if (!(error instanceof BottleError) || error.code !== "HOST_UNFIT") throw error;
    throw new BottleError("TEARDOWN_INCOMPLETE", `the volume ${volume} could not be removed: ${error.message}`, {
      cause: error,
      // Where that is now is not where it will be: who removes a bottle has taken it aside.
      hint: `if that engine is gone for good, remove ${STORED_FOLDERS} from the bottle's state folder and try again`,
    });
  });
  try {
    rmdirSync(folder);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return;
    throw new BottleError("TEARDOWN_INCOMPLETE", `${folder} is not empty, though its content was in a volume`, {
      cause,
      hint: "move away what is in it",
    });
  }
}
