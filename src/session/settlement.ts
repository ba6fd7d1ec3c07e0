import type { Backend } from "../backends/backend.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { bottlePaths, livePaths } from "../state/layout.ts";
import { type ListedBottle, sameBottle, updateRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { askControl } from "./control.ts";
import { failed, removeLeftovers, removeRunFolder } from "./removal.ts";
import { removeUnfinished, unfinishedWork } from "./work/unfinished.ts";

/** A host process that lives answers at once. */
const PING_MS = 500;

/**
 * Ends and removes what the dead host process of a bottle left, and marks the bottle as ended; its folder and the work
 * in it stay. Many may do so at once, and never to a bottle that was resumed meanwhile. Errors: BOTTLE_RUNNING when
 * its host process answers after all; HOST_UNFIT when the backend cannot be asked; STATE_UNUSABLE, TEARDOWN_INCOMPLETE.
 */
export async function settleLost(bottle: ListedBottle, backend: Backend, context: SessionContext): Promise<void> {
  const { name, record } = bottle;
  if (record === null) return;
  await refuseAnswering(record, context);
  await removeLeftovers(name, backend, context);
  await removeUnfinished(await unfinishedWork(bottlePaths(context.layout, name)), backend, context.facts);
  await markEnded(bottle, context);
}

/**
 * A host process in another pid namespace is not seen from here, though its socket is: whoever answers is alive.
 * Errors: BOTTLE_RUNNING.
 */
export async function refuseAnswering(record: BottleRecord, { layout }: SessionContext): Promise<void> {
  const reply = await askControl(livePaths(layout, record).control, { do: "ping" }, PING_MS);
  if (reply === null) return;
  throw new BottleError("BOTTLE_RUNNING", `the host process of ${record.name} is not seen here, and answers`, {
    hint: "it runs in another container or pid namespace: look after the bottle from there",
  });
}

/** Marks a bottle whose host process died as ended; its cage died with it, its folder and the work in it stay. */
async function markEnded(bottle: ListedBottle, { layout }: SessionContext): Promise<void> {
  const { name, record } = bottle;
  if (record === null) return;
  await removeRunFolder(record);
  try {
    await updateRecord(layout, name, (current) =>
      sameBottle({ name, record: current }, bottle) && current.endedAt === null ? failed(current) : null,
    );
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    // Removed by another one in the meantime.
    if (error.code === "BOTTLE_NOT_FOUND") return;
    throw new BottleError(error.code, `${name} stays lost: ${error.message}`, {
      hint: `free some space, or remove it with the work in it: bottle rm --discard ${name}`,
      cause: error.cause,
    });
  }
}
