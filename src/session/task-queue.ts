import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../core/model/errors.ts";
import { type MachineLoad, reasonToWait } from "../core/plan/load.ts";
import type { Ending } from "./ending.ts";

/** A task that has its bottle's name. */
export interface QueuedTask {
  /** In the list, from 1. */
  readonly line: number;
  readonly name: string;
}

/** What a task is at one moment: `new`: no bottle of it was ever there; `lost`: its host process was killed. */
export type TaskState = "new" | "running" | "lost" | Ending;

/**
 * How a task ended for this run of the queue: `ended` with its agent's code, `refused` before an agent ran, `running` or
 * `waiting` where the operator left before.
 */
export type TaskResult = QueuedTask &
  (
    | { readonly outcome: "ended"; readonly exitCode: number | null; readonly before: boolean }
    | { readonly outcome: "refused"; readonly error: BottleError }
    | { readonly outcome: "running" | "waiting" }
  );

/** What a queue may do, and how it sees the machine. */
export interface QueueWays<T extends QueuedTask> {
  readonly parallel: number;
  load(): MachineLoad;
  state(task: T): Promise<TaskState>;
  /** Resolves once the agent runs. Rejects with a BottleError. */
  begin(task: T, lost: boolean): Promise<void>;
  /** Null when the signal came first. */
  ended(task: T): Promise<Ending | null>;
  say(line: string): void;
  /** Nothing more is started; what runs goes on. */
  readonly signal: AbortSignal;
  /** Between two looks at a machine that is too busy. */
  readonly lookMs?: number;
}

const LOOK_MS = 1000;

/**
 * Runs tasks in their order, as many at once as are allowed and as the machine can take; of what an earlier run of the
 * same list has begun or ended, nothing is begun again. One that is refused keeps no other from running.
 */
export async function runQueue<T extends QueuedTask>(
  tasks: readonly T[],
  ways: QueueWays<T>,
): Promise<readonly TaskResult[]> {
  const results = new Map<T, TaskResult>();
  const following = new Map<T, Promise<void>>();
  const startBytes = ways.load().availableBytes;
  const finish = (task: T, result: TaskResult) => {
    results.set(task, result);
    following.delete(task);
  };
  const follow = (task: T) => {
    const { line, name } = task;
    const end = ways.ended(task).then((ending) => {
      if (ending === null) return finish(task, { line, name, outcome: "running" });
      ways.say(`bottle: ${name} (line ${line}) ended with ${ending.exitCode ?? ending.state}`);
      finish(task, { line, name, outcome: "ended", exitCode: ending.exitCode, before: false });
    });
    following.set(task, end);
  };
  /** False when the operator has left. */
  const admitted = async (): Promise<boolean> => {
    let told: string | null = null;
    for (;;) {
      if (ways.signal.aborted) return false;
      const reason = reasonToWait(ways.load(), { running: following.size, parallel: ways.parallel, startBytes });
      if (reason === null) return true;
      // Figures change with each look; what is waited for does not.
      const kind = reason.split(":")[0] ?? reason;
      if (kind !== told) ways.say(`bottle: the next task waits: ${reason}`);
      told = kind;
      const look = new AbortController();
      const signal = AbortSignal.any([ways.signal, look.signal]);
      const looked = delay(ways.lookMs ?? LOOK_MS, undefined, { signal }).catch(() => undefined);
      await Promise.race([looked, ...following.values()]);
      look.abort();
    }
  };
  for (const task of tasks) {
    const { line, name } = task;
    const state = await ways.state(task);
    if (state === "running") {
      follow(task);
      continue;
    }
    if (typeof state === "object") {
      finish(task, { line, name, outcome: "ended", exitCode: state.exitCode, before: true });
      continue;
    }
    if (!(await admitted())) {
      finish(task, { line, name, outcome: "waiting" });
      continue;
    }
    try {
      await ways.begin(task, state === "lost");
      ways.say(`bottle: ${name} (line ${line}) runs`);
      follow(task);
    } catch (error) {
      if (!(error instanceof BottleError)) throw error;
      const aborted = ways.signal.aborted;
      finish(task, aborted ? { line, name, outcome: "waiting" } : { line, name, outcome: "refused", error });
      if (!aborted) ways.say(`bottle: ${name} (line ${line}) did not start: ${error.message} [${error.code}]`);
    }
  }
  await Promise.all(following.values());
  return tasks.flatMap((task) => results.get(task) ?? []);
}
