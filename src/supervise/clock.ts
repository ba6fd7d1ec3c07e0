/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls once after `ms`, unless the returned function was called before. Keeps no process alive. */
  after(ms: number, call: () => void): () => void;
}

/** Longest time of a timer of Node. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  after: (ms, call) => {
    const timer = setTimeout(call, Math.min(LONGEST_MS, Math.max(0, ms)));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
