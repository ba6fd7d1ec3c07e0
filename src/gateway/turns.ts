/** Does work that blocks the event loop one piece after the other; between two pieces everything else gets on. */
export interface Turns {
  take<T>(work: () => T): Promise<T>;
}

/** Each piece waits for those before it and begins in a turn of the event loop of its own. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take: (work) => {
      const mine = last.then(nextTurn).then(work);
      last = mine.then(ignore, ignore);
      return mine;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function ignore(): void {}
