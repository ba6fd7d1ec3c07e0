import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, makePrivateFolder, writeFileAtomically } from "../host/files.ts";
import { bottlePaths, type Layout } from "./layout.ts";
import { formatRecord } from "./record-format.ts";

const KEPT = ["audit.jsonl", "policy.json", "plan.json", "journal.jsonl", "agent.log"] as const;

/**
 * Moves what must outlive a bottle (audit log, decisions, transcript; whatever the exit code, attack row 149) into
 * `archive/<name>-<creation time>/`, the record as a copy, so that a removal cut short can be done again. Idempotent.
 * Returns the archive's folder. Errors: STATE_UNUSABLE.
 */
export async function archiveBottle(layout: Layout, record: BottleRecord, uid: number): Promise<string> {
  const paths = bottlePaths(layout, record.name);
  const folder = join(layout.archive, `${record.name}-${record.createdAt.replace(/[^0-9TZ]/g, "")}`);
  await makePrivateFolder(layout.archive, uid);
  await makePrivateFolder(folder, uid);
  await writeFileAtomically(join(folder, "record.json"), formatRecord(record));
  const names = await readdir(paths.folder).catch((): string[] => []);
  for (const name of KEPT) {
    if (!names.includes(name)) continue;
    try {
      await rename(join(paths.folder, name), join(folder, name));
    } catch (error) {
      if (isErrno(error, "ENOENT")) continue;
      throw new BottleError("STATE_UNUSABLE", `${join(paths.folder, name)} could not be archived`, { cause: error });
    }
  }
  return folder;
}
