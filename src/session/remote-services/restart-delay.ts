const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** One that lived this long had begun well: its end counts as the first again. */
export const SETTLED_MS = 60_000;

/** How long to wait before a service is started after `deaths` of it in a row, in milliseconds. Pure. */
export function restartDelay(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, deaths - 1));
}
