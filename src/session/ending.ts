import { setTimeout as delay } from "node:timers/promises";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isRunning } from "../host/process-identity.ts";
import { archivedBottles } from "../state/archived-bottles.ts";
import { listAsides } from "../state/aside.ts";
import type { BottleState } from "../state/bottle-state.ts";
import { findBottle, type ListedBottle, readBottle, readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";

/** How a bottle ended. */
export interface Ending {
  readonly state: Exclude<BottleState, "creating" | "running">;
  /** The agent's own; null where nobody knows it. */
  readonly exitCode: number | null;
  readonly endedAt: string | null;
}

const POLL_MS = 100;
/** While a bottle is removed its record is on its way into the archive. */
const MOVING_MS = 10_000;

/**
 * Waits until this very bottle has ended, however long that takes, and answers how; also of one that is removed at once.
 * Null when the signal of `context` came first, or `deadlineMs` has passed.
 */
export async function untilEnded(
  record: BottleRecord,
  { layout, signal }: Pick<SessionContext, "layout" | "signal">,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<Ending | null> {
  const until = performance.now() + deadlineMs;
  const { name, createdAt } = record;
  let missing: number | null = null;
  while (!signal.aborted) {
    const found = await findBottle(layout, name);
    const leaving = found?.record?.createdAt === createdAt ? null : await leavingAs(record, layout);
    const now = leaving === null ? (found ?? null) : leaving.bottle;
    if (now === null) {
      // Whoever removes it may need long: what its agent wrote goes first.
      missing = leaving?.held === true ? null : (missing ?? performance.now());
      if (missing !== null && performance.now() - missing > MOVING_MS)
        return { state: "exited", exitCode: null, endedAt: null };
    } else if (now.record !== null && now.state !== "creating" && now.state !== "running") {
      const { state, record: last } = now;
      return { state, exitCode: last.exitCode, endedAt: last.endedAt };
    }
    if (performance.now() >= until) return null;
    // No event crosses processes when a record is final.
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/**
 * The record of the bottle called `name`, of the last one where all of that name were removed. Errors: BOTTLE_NOT_FOUND,
 * STATE_UNUSABLE.
 */
export async function recordOrLast(name: string, layout: SessionContext["layout"]): Promise<BottleRecord> {
  try {
    return await readRecord(layout, name);
  } catch (error) {
    if (!(error instanceof BottleError) || error.code !== "BOTTLE_NOT_FOUND") throw error;
    // In the order in which a removal moves it, so that it is met wherever it is by then.
    const leaving = (await listAsides(layout)).find((aside) => aside.name === name);
    const left = leaving === undefined ? null : (await readBottle(leaving.folder, name)).record;
    if (left !== null) return left;
    const [last] = await archivedBottles(layout, name);
    const record = last === undefined ? null : (await readBottle(last.folder, name)).record;
    if (record === null) throw error;
    return record;
  }
}

/** A bottle that is listed no more: its last word, null while it has none; and whether somebody is removing it. */
async function leavingAs(
  record: BottleRecord,
  layout: SessionContext["layout"],
): Promise<{ readonly bottle: ListedBottle | null; readonly held: boolean }> {
  // In the order in which a removal moves it.
  for (const { name, folder, remover } of await listAsides(layout)) {
    if (name !== record.name) continue;
    const bottle = await readBottle(folder, name);
    if (bottle.record?.createdAt !== record.createdAt) continue;
    return { bottle: bottle.record.endedAt === null ? null : bottle, held: isRunning(remover) };
  }
  return { bottle: await archived(record, layout), held: false };
}

async function archived({ name, createdAt }: BottleRecord, layout: SessionContext["layout"]) {
  for (const { folder } of await archivedBottles(layout, name)) {
    const bottle = await readBottle(folder, name);
    if (bottle.record?.createdAt === createdAt) return bottle;
  }
  return null;
}
