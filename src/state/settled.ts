import { BottleError } from "../core/model/errors.ts";
import { readTextFile } from "../host/files.ts";
import type { BottlePaths } from "./layout.ts";

/**
 * Refuses a bottle whose removal has begun and was cut short (a full disk, an interrupt): of its files any may be erased
 * by now, so they are no work any more, and nothing new may be added, as nobody would keep it. Errors: WORK_NONE.
 */
export async function refuseSettled(name: string, paths: Pick<BottlePaths, "settled">): Promise<void> {
  if ((await readTextFile(paths.settled, { followLinks: false })).kind === "missing") return;
  throw new BottleError("WORK_NONE", `${name} is half removed: its files are no work any more`, {
    hint: `bottle rm ${name} goes on with it, and says how work that was kept comes back`,
  });
}
