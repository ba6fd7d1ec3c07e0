import type { BottleRecord } from "../../core/model/bottle-record.ts";
import type { Bottle } from "../backend.ts";
import { type Handle, isRunning, openBottle } from "./bottle.ts";
import { removeContainer } from "./cage.ts";
import { askEngine } from "./engine.ts";

/** Finds a recorded bottle again, from any process of the operator. Null when it is gone or was never ours. */
export async function openRecorded(record: BottleRecord): Promise<Bottle | null> {
  const handle = readHandle(record.handle);
  if (handle === null || !(await isRunning(handle.entry))) return null;
  const { engine, container } = handle.entry;
  return openBottle(handle, {
    teardown: () => removeContainer(engine, container),
    // Answers when the container has ended, and at once when it is gone.
    ended: async () => void (await askEngine(engine, ["container", "wait", container], { timeoutMs: FOREVER_MS })),
  });
}

/** setTimeout takes no more: 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

/** The record is our own file, but of an earlier version perhaps: only a whole handle counts. */
function readHandle(json: unknown): Handle | null {
  const handle = json as Partial<Handle> | null;
  if (typeof handle !== "object" || handle === null || handle.version !== 1) return null;
  const entry = handle.entry;
  const whole =
    typeof entry?.container === "string" &&
    typeof entry.image === "string" &&
    Array.isArray(entry.labels) &&
    typeof entry.cwd === "string" &&
    typeof entry.engine?.docker === "string" &&
    typeof entry.engine.env === "object" &&
    typeof entry.tools?.script === "string";
  return whole ? (handle as Handle) : null;
}
