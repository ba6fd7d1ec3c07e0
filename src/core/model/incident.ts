import type { RequestId } from "./ids.ts";

/**
 * `time-limit` and `budget`: what the manifest or the command set; `disk-low` is about the machine; `limit`: the
 * gateway refused what was too much.
 */
export type IncidentKind = "crashed" | "failed" | "stalled" | "time-limit" | "budget" | "disk-low" | "limit";

/** Something that happened and that the operator should see, though nothing waits for an answer: a file in `incidents/`. */
export interface Incident {
  readonly schema: 1;
  readonly id: RequestId;
  readonly kind: IncidentKind;
  /** In our own words, safe for a terminal. */
  readonly text: string;
  /** What to type for more; null: there is nothing. */
  readonly command: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
}
