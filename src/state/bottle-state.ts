import type { BottleRecord } from "../core/model/bottle-record.ts";
import { isRunning } from "../host/process-identity.ts";

/** What a bottle is now: its record, corrected by whether its host process lives. */
export type BottleState = "creating" | "running" | "exited" | "failed" | "lost";

/** `lost`: the record says that it runs, and the process that hosted it is gone (`kill -9`, power cut). */
export function stateOf(record: BottleRecord): BottleState {
  const live = record.phase === "creating" || record.phase === "running";
  return live && !isRunning(record.host) ? "lost" : record.phase;
}
