/** What timeout(1) ends with. */
export const TIME_LIMIT_CODE = 124;

/** The end of a bottle that may run only so long. */
export interface TimeLimit extends Disposable {
  /** True from the moment on at which `end` was called. */
  readonly over: boolean;
}

/**
 * Calls `end` after so many minutes; absent: never. Timers run on the monotonic clock, which stands still while the
 * machine is suspended (clock_gettime(2)), as the agent does: a laptop that was closed for a night ends nothing.
 */
export function startTimeLimit(minutes: number | undefined, end: () => void): TimeLimit {
  let over = false;
  const timer =
    minutes === undefined
      ? undefined
      : setTimeout(() => {
          over = true;
          end();
        }, minutes * 60_000);
  return {
    get over() {
      return over;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
