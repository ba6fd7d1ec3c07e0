import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { archivedBottles } from "./archived-bottles.ts";
import { bottlePaths, type Layout } from "./layout.ts";
import { findBottle, readBottle, unreadable } from "./records.ts";

/** The logs of one bottle, there or removed. */
export interface KeptLog {
  /** The audit log. */
  readonly path: string;
  /** What the agent printed. */
  readonly agentLog: string;
  /** Null where a removed bottle's record cannot be read: then nothing says what the last line was. */
  readonly record: BottleRecord | null;
  readonly removed: boolean;
}

/** The logs of the bottle called `name`, or of the one removed last that was. Errors: BOTTLE_NOT_FOUND, STATE_UNUSABLE. */
export async function findAuditLog(layout: Layout, name: string): Promise<KeptLog> {
  const there = await findBottle(layout, name);
  if (there !== null) {
    if (there.record === null) throw unreadable(layout, there);
    const { audit: path, agentLog } = bottlePaths(layout, name);
    return { path, agentLog, record: there.record, removed: false };
  }
  const [last] = await archivedBottles(layout, name);
  if (last === undefined) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}, and no removed one was`, {
      hint: "bottle ls shows all that are there",
    });
  }
  const { record } = await readBottle(last.folder, name);
  return { path: last.audit, agentLog: last.agentLog, record, removed: true };
}
