import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { removePrivateFolder } from "../../host/private-folder.ts";
import { QUARANTINE_PREFIX } from "../../state/bottle-folder.ts";
import { abandoned, ownedName } from "./unfinished.ts";

/**
 * Makes an empty folder, 0700, below a bottle's own. Its name says whose it is: what processes left there that were
 * killed is removed first, since a quarantine can be as large as the work. Errors: STATE_UNUSABLE.
 */
export async function newQuarantineFolder(parent: string): Promise<string> {
  for (const path of await abandoned(parent, QUARANTINE_PREFIX)) await removePrivateFolder(path);
  try {
    return await mkdtemp(join(parent, `${QUARANTINE_PREFIX}${ownedName(false)}`));
  } catch (cause) {
    throw new BottleError("STATE_UNUSABLE", `${parent} cannot be written`, {
      hint: "check its disk and rights",
      cause,
    });
  }
}
