/** Lets one at a time into a mirror: a fetch, or a push from its last look at the refs to its end. */
export interface Turnstile {
  /**
   * Resolves when a fetch has ended that began after this call: what it brought is not older than the question. Of many
   * that wait, all take the same.
   */
  fresh(): Promise<void>;
  /** Runs `work` while nothing else is inside. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** `fetch` is never called twice at a time; when it rejects, those who wait for it reject too. */
export function createTurnstile(fetch: () => Promise<void>): Turnstile {
  let last: Promise<unknown> = Promise.resolve();
  /** The fetch that has not begun yet. */
  let next: Promise<void> | null = null;
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    alone,
    fresh: () => {
      next ??= alone(() => {
        next = null;
        return fetch();
      });
      return next;
    },
  };
}
