import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import type { Command, ExecResult } from "../../core/model/command.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { Json } from "../../core/model/plan.ts";
import { run } from "../../host/exec.ts";
import { isRunning } from "../../host/process-identity.ts";
import type { Bottle, ExecOptions } from "../backend.ts";
import { brokenInput, placing } from "../placing.ts";
import { queue } from "../queue.ts";
import { waitUntilGone } from "./cage.ts";
import { type Entry, entryCommand } from "./entry-arguments.ts";
import { endProcesses } from "./processes.ts";

export const MAX_EXECS = 64;

/** What the record keeps: everything with which another process finds and enters the bottle again. */
export interface Handle {
  readonly version: 1;
  readonly entry: Entry;
  readonly monitor: ProcessIdentity;
  readonly pidNamespace: string;
  /** Files that the backend keeps for the bottle on the host; removed by `close`. */
  readonly runFiles: readonly string[];
}

/**
 * A running bottle. `teardown` ends the cage and removes what `create` made; `ended` resolves when the cage is gone.
 */
export function openBottle(handle: Handle, teardown: () => Promise<void>, ended: Promise<void>): Bottle {
  const { entry } = handle;
  const slot = queue(MAX_EXECS);
  let closing: Promise<void> | null = null;

  const exec = async (command: Command, options: ExecOptions = {}): Promise<ExecResult> => {
    const result = await slot(() => {
      if (!isRunning(entry.init)) throw gone(command);
      return run(entryCommand(entry, command, false), options);
    });
    if (result.timedOut) {
      throw new BottleError("BOTTLE_GONE", `${command.argv[0]} did not end in ${options.timeoutMs} ms and was killed`, {
        facts: { timeoutMs: options.timeoutMs },
      });
    }
    if (result.code !== 0 && !isRunning(entry.init)) throw gone(command);
    if (result.inputError !== null) throw brokenInput(command, result.inputError);
    return { code: result.code, stdout: result.stdout, stderr: result.stderr };
  };

  return {
    handle: handle as unknown as Json,
    ended,
    frame: (command, terminal) => entryCommand(entry, command, terminal),
    exec,
    ...placing(exec),
    status: async () => (isRunning(entry.init) ? "running" : "gone"),
    stop: (graceMs) => endProcesses(handle.pidNamespace, entry.init, graceMs),
    close: () => {
      closing ??= teardown();
      return closing;
    },
  };
}

function gone(command: Command): BottleError {
  return new BottleError("BOTTLE_GONE", `the bottle ended while ${command.argv[0] ?? "a command"} ran or before`);
}

/** For a bottle whose cage is not our child: nobody tells, so the process table is asked. */
export function endedByPolling(init: ProcessIdentity, everyMs = 200): Promise<void> {
  return new Promise((resolve) => {
    const ask = () => {
      if (isRunning(init)) setTimeout(ask, everyMs).unref();
      else void waitUntilGone(init, 10_000).then(() => resolve());
    };
    ask();
  });
}
