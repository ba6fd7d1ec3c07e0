import type { Clock } from "../../../src/supervise/clock.ts";

/** Time that moves when it is told to. */
export interface TestClock extends Clock {
  /** Moves on, and calls what is due. */
  advance(ms: number): void;
  /** How much is waited for. */
  readonly waiting: number;
}

export function testClock(start = Date.parse("2026-01-31T10:00:00Z")): TestClock {
  let present = start;
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => present,
    after: (ms, call) => {
      const timer = { at: present + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (ms) => {
      present += ms;
      for (const timer of [...timers].filter(({ at }) => at <= present)) {
        if (timers.delete(timer)) timer.call();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}
