import { stat } from "node:fs/promises";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { holdName } from "../host/held-name.ts";
import { bottlePaths, type Layout, type LivePaths, livePaths } from "./layout.ts";
import { readRecord, updateRecord } from "./records.ts";

/**
 * Takes an ended bottle for another run of its agent: of many who ask at one moment one gets it, and the record names
 * its host process from then on. `change` makes the new record of the old one, or throws. Errors: BOTTLE_NOT_FOUND,
 * BOTTLE_RUNNING, STATE_UNUSABLE.
 */
export async function takeAgain(
  layout: Layout,
  name: string,
  change: (record: BottleRecord) => BottleRecord,
): Promise<LivePaths> {
  await readRecord(layout, name);
  const { folder } = bottlePaths(layout, name);
  // The folder itself, and not its path: that may be written in more than one way.
  const { dev, ino } = await stat(folder).catch((cause: unknown) => {
    throw new BottleError("BOTTLE_NOT_FOUND", `${name} was removed just now`, { hint: "bottle ls shows all", cause });
  });
  await using held = await holdName(`resume ${dev} ${ino}`);
  if (held === null) {
    throw new BottleError("BOTTLE_RUNNING", `${name} is being resumed by another process`, {
      hint: "bottle ls shows it",
    });
  }
  return livePaths(layout, await updateRecord(layout, name, change));
}
