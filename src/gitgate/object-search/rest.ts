import { setImmediate } from "node:timers/promises";

const TURN_MS = 2;

/** Lets others get on when this thread was held for a turn. */
export function createRest(): () => Promise<void> {
  let until = performance.now() + TURN_MS;
  return async () => {
    if (performance.now() < until) return;
    await setImmediate();
    until = performance.now() + TURN_MS;
  };
}
