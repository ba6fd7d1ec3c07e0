import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { removePrivateFolder } from "../../host/private-folder.ts";
import { bootId, identify, isRunning } from "../../host/process-identity.ts";
import { QUARANTINE_PREFIX } from "../../state/bottle-folder.ts";

const NAME = new RegExp(`^${QUARANTINE_PREFIX}(\\d{1,10})-(\\d{1,20})-`);

/**
 * Makes an empty folder, 0700, below a bottle's own. Its name says whose it is: what processes left there that were
 * killed is removed first, since a quarantine can be as large as the work. Errors: STATE_UNUSABLE.
 */
export async function newQuarantineFolder(parent: string): Promise<string> {
  for (const name of await readdir(parent)) {
    const [, pid, startTime] = NAME.exec(name) ?? [];
    if (pid === undefined || isRunning({ pid: Number(pid), startTime: Number(startTime), bootId: bootId() })) continue;
    await removePrivateFolder(join(parent, name));
  }
  const us = identify(process.pid);
  if (us === null) throw new BottleError("INVARIANT", "this process cannot be found in /proc");
  try {
    return await mkdtemp(join(parent, `${QUARANTINE_PREFIX}${us.pid}-${us.startTime}-`));
  } catch (cause) {
    throw new BottleError("STATE_UNUSABLE", `${parent} cannot be written`, {
      hint: "check its disk and rights",
      cause,
    });
  }
}
