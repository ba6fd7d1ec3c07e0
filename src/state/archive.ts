import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, makePrivateFolder } from "../host/files.ts";
import type { Aside } from "./aside.ts";
import { isArchived } from "./bottle-folder.ts";
import type { Layout } from "./layout.ts";
import { readBottle } from "./records.ts";

/**
 * Moves what must outlive a bottle (audit log, decisions, transcript; whatever the exit code, attack row 149) into
 * `archive/<name>-<creation time>/`, its record last, so that a removal cut short can be done again. Nothing is copied:
 * there may be no room. Idempotent. Answers the folder. Errors: STATE_UNUSABLE.
 */
export async function archiveBottle(layout: Layout, { name, folder: from }: Aside, uid: number): Promise<string> {
  const present = await readdir(from).catch((): string[] => []);
  const kept = [...present.filter(isArchived), ...present.filter((file) => file === "record.json")];
  const { record } = await readBottle(from, name);
  // A record that cannot be read does not say when its bottle was made.
  const time = record?.createdAt ?? new Date().toISOString();
  const folder = join(layout.archive, `${name}-${time.replace(/[^0-9TZ]/g, "")}`);
  if (kept.length === 0) return folder;
  await makePrivateFolder(layout.archive, uid);
  await makePrivateFolder(folder, uid);
  for (const file of kept) {
    try {
      await rename(join(from, file), join(folder, file));
    } catch (cause) {
      if (isErrno(cause, "ENOENT")) continue;
      throw new BottleError("STATE_UNUSABLE", `${join(from, file)} could not be archived`, { cause });
    }
  }
  return folder;
}
