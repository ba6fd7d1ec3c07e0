/** A limit on how often something may be done in any minute. */
export interface Rate {
  /** Counts one and answers 0; or counts nothing, and says after how many milliseconds one more is free. */
  take(): number;
}

const MINUTE_MS = 60_000;

export function createRate(most: number, now: () => number): Rate {
  let taken: number[] = [];
  return {
    take: () => {
      const present = now();
      taken = taken.filter((at) => present - at < MINUTE_MS);
      const [first = present] = taken;
      if (taken.length >= most) return first + MINUTE_MS - present;
      taken.push(present);
      return 0;
    },
  };
}
