import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../core/model/errors.ts";
import { execOpener, type Holder, openHolder } from "./holder.ts";
import { longCall } from "./long-call.ts";
import { findMachine, isUp } from "./machines.ts";
import type { Reach } from "./reach.ts";
import { startTurn } from "./start-turn.ts";

/** As long as smolvm itself waits for a machine. */
const COMES_UP_MS = 30_000;
const PAUSE_MS = 100;

/**
 * smolvm's own words for a machine that it said to be up before it was, and for a container that another client's made
 * unusable while it came up.
 */
const EARLY = /not running|unreachable|not ready|refused|reset|no such file|connect|config\.json/i;
const KILLED = 137;

/**
 * Was a machine's first command merely too early? `error` is how its client failed. A machine that is down is none, and
 * what a command itself said is none of smolvm's words.
 */
async function wasEarly({ smolvm, machine, manner }: Reach, error: unknown): Promise<boolean> {
  if (manner.bringUp === "any" || !(error instanceof BottleError)) return false;
  const code = error.facts?.code;
  if (code !== KILLED && !(code === 1 && EARLY.test(error.message))) return false;
  const found = await findMachine(smolvm, machine);
  return found !== null && isUp(found);
}

/** Tries a machine's first command until it was not merely too early. */
export async function firstCommand<T>(reach: Reach, signal: AbortSignal, tryIt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + COMES_UP_MS; ; ) {
    try {
      return await tryIt();
    } catch (error) {
      if (signal.aborted || Date.now() > deadline || !(await wasEarly(reach, error))) throw error;
    }
    await delay(PAUSE_MS);
  }
}

export interface Opening extends Holder {
  /** Resolves when neither `create` nor `start` runs any more, so that the machine can be ended. */
  readonly begun: Promise<void>;
}

/**
 * Makes a machine, starts it and runs its holder: the whole of it is one that is ready, ends, or is ended. `gateway` as
 * for `openHolder`.
 */
export function openMachine(
  reach: Reach,
  create: readonly string[],
  words: readonly string[],
  gateway: string | null,
): Opening {
  const ending = new AbortController();
  let holder: Holder | null = null;
  const begun = Promise.withResolvers<void>();
  const open = async (): Promise<Holder> => {
    await longCall(reach.smolvm, create, ending.signal);
    await using _turn = await startTurn(reach.manner, ending.signal);
    ending.signal.throwIfAborted();
    await longCall(reach.smolvm, ["machine", "start", "-n", reach.machine], ending.signal);
    begun.resolve();
    return firstCommand(reach, ending.signal, async () => {
      ending.signal.throwIfAborted();
      const tried = openHolder(execOpener(reach), words, gateway);
      holder = tried;
      await tried.ready;
      return tried;
    });
  };
  const opened = open();
  opened.catch(() => {}).finally(begun.resolve); // reported by who waits for it
  const ready = opened.then(() => {});
  ready.catch(() => {});
  return {
    ready,
    begun: begun.promise,
    ended: opened.then(
      ({ ended }) => ended,
      () => null,
    ),
    end: () => {
      ending.abort(new BottleError("BOTTLE_GONE", "the bottle was ended while its machine came up"));
      holder?.end();
    },
  };
}
