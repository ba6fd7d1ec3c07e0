import { setTimeout as delay } from "node:timers/promises";
import type { BottleRecord } from "../../core/model/bottle-record.ts";
import type { Bottle, BottleFolders } from "../backend.ts";
import { closeWay } from "../gateway-socket.ts";
import { type Handle, isRunning, openBottle } from "./bottle.ts";
import { machineFolder, removeMachineFolder } from "./machine-folder.ts";
import { endMachine } from "./machines.ts";
import { type Manner, mannerOf } from "./manner.ts";
import { NEWEST_KNOWN } from "./versions.ts";

/** How often a process that did not launch the bottle asks whether it is still there. */
const EVERY_MS = 500;

/** Finds a recorded bottle again, from any process of the operator. Null when it is gone or was never ours. */
export async function openRecorded(record: BottleRecord, folders: BottleFolders): Promise<Bottle | null> {
  const handle = readHandle(record.handle);
  if (handle === null || !(await isRunning(handle.entry))) return null;
  const { smolvm, machine } = handle.entry;
  return openBottle(handle, {
    teardown: async () => {
      await endMachine(smolvm, machine);
      removeMachineFolder(machineFolder(machine));
      closeWay(folders.run);
    },
    ended: async () => {
      while (await isRunning(handle.entry)) await delay(EVERY_MS, undefined, { ref: false });
    },
  });
}

/** The record is our own file, but of an earlier version perhaps: only a whole handle counts. */
function readHandle(json: unknown): Handle | null {
  const handle = json as Partial<Handle> | null;
  if (typeof handle !== "object" || handle === null || handle.version !== 2) return null;
  const entry = handle.entry;
  const whole =
    typeof entry?.machine === "string" &&
    typeof entry.cwd === "string" &&
    typeof entry.smolvm?.program === "string" &&
    typeof entry.smolvm.env === "object" &&
    typeof entry.tools?.script === "string" &&
    Object.keys(mannerOf(NEWEST_KNOWN)).every((key) => typeof entry.manner?.[key as keyof Manner] === "string") &&
    (entry.places === null || typeof entry.places?.folder === "string") &&
    (entry.bringUp === null || typeof entry.bringUp?.lock === "string");
  return whole ? (handle as Handle) : null;
}
