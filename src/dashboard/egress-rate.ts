import type { EgressLine } from "./model.ts";

/** So many lines of live egress are remembered. */
export const EGRESS_LINES = 2000;

const MINUTE_MS = 60_000;

/** `41/min`: requests of all bottles in the minute before `now`, whatever became of them; "" for none. */
export function egressRate(lines: readonly EgressLine[], now: number): string {
  const count = lines.filter(({ at, denied, passed }) => (denied || passed) && at > now - MINUTE_MS).length;
  if (count === 0) return "";
  // Older ones of this minute are forgotten already.
  return `${count}${count === EGRESS_LINES ? "+" : ""}/min`;
}
