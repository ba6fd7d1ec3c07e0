import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BottleRecord, ProcessIdentity } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, readTextFile } from "../host/files.ts";
import { isRunning } from "../host/process-identity.ts";
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
  taker: ProcessIdentity,
  change: (record: BottleRecord) => BottleRecord,
): Promise<LivePaths> {
  await readRecord(layout, name);
  const lock = join(bottlePaths(layout, name).folder, LOCK);
  await takeLock(lock, name, taker);
  try {
    return livePaths(layout, await updateRecord(layout, name, change));
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

/** Name of the file that one taker makes. */
const LOCK = "resume.lock";

async function takeLock(lock: string, name: string, taker: ProcessIdentity): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const file = await open(lock, "wx", 0o600);
      await file.writeFile(JSON.stringify(taker)).finally(() => file.close());
      return;
    } catch (cause) {
      if (!isErrno(cause, "EEXIST")) {
        throw new BottleError("STATE_UNUSABLE", `${lock} cannot be written`, { hint: "is its disk writable?", cause });
      }
    }
    const file = await readTextFile(lock, { followLinks: false });
    const owner = file.kind === "text" ? identityOf(file.text) : null;
    if (owner !== null && isRunning(owner)) break;
    // Of a process that was killed. Renamed and not unlinked: of two who see it one gets it, and no new lock is hit.
    const aside = join(dirname(lock), `.${randomBytes(6).toString("hex")}.tmp`);
    await rename(lock, aside)
      .then(() => unlink(aside))
      .catch(() => undefined);
  }
  throw new BottleError("BOTTLE_RUNNING", `${name} is being resumed by another process`, {
    hint: "bottle ls shows it",
  });
}

function identityOf(text: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { pid, startTime, bootId } = value as ProcessIdentity;
    return typeof pid === "number" && typeof startTime === "number" && typeof bootId === "string"
      ? { pid, startTime, bootId }
      : null;
  } catch {
    return null;
  }
}
