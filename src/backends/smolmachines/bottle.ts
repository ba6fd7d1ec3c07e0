import { randomBytes } from "node:crypto";
import type { Command, ExecResult } from "../../core/model/command.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { Json } from "../../core/model/plan.ts";
import { run } from "../../host/exec.ts";
import type { Bottle, ExecOptions } from "../backend.ts";
import { EnteredFilter } from "../entered-filter.ts";
import { brokenInput, placing } from "../placing.ts";
import { queue } from "../queue.ts";
import { smolvmError } from "./command-line.ts";
import { type Entry, entryCommand, execCommand } from "./entry-arguments.ts";
import { writeInput } from "./input-files.ts";
import { findMachine, isUp } from "./machines.ts";
import { endAll, killExec } from "./processes.ts";

/** How many of a machine's places one process takes at most, so that the agent finds one. */
export const MAX_EXECS = 4;
/** Where the gateway's way takes two clients. */
export const MAX_EXECS_BESIDE_CARRIERS = 3;

/** What the record keeps: everything with which another process finds and enters the machine again. */
export interface Handle {
  readonly version: 2;
  readonly entry: Entry;
}

export interface BottleEnds {
  /** Ends the machine and removes what `create` made. */
  readonly teardown: () => Promise<void>;
  /** Resolves when the machine is gone. Asked for once, when somebody wants to know. */
  readonly ended: () => Promise<void>;
  /** Why this process ended it by itself, in words, or null. */
  readonly why?: () => string | null;
  /** How many commands of this process may run at once. Default: `MAX_EXECS`. */
  readonly execs?: number;
}

/** A running bottle in a machine. */
export function openBottle(handle: Handle, { teardown, ended, why, execs = MAX_EXECS }: BottleEnds): Bottle {
  const { entry } = handle;
  const gone = (command: Command) => endedWhile(command, why?.() ?? null);
  const slot = queue(execs);
  let closing: Promise<void> | null = null;
  let ending: Promise<void> | null = null;

  const exec = async (command: Command, options: ExecOptions = {}): Promise<ExecResult> =>
    slot(async () => {
      if (closing !== null) throw gone(command);
      const token = randomBytes(8).toString("hex");
      const filter = new EnteredFilter(options.onStderr);
      const { stdin, ...rest } = options;
      const file =
        entry.inputs === null || stdin === undefined ? null : await writeInput(entry.inputs, token, stdin, command);
      const result = await run(execCommand(entry, command, token, stdin !== undefined), {
        ...rest,
        ...(stdin !== undefined && file === null && { stdin }),
        ...(options.onStderr !== undefined && { onStderr: (chunk: Buffer) => filter.push(chunk) }),
      }).finally(() => file?.remove());
      const stderr = options.onStderr === undefined ? filter.take(result.stderr) : result.stderr;
      if (result.timedOut) {
        await killExec(entry, token);
        if (!filter.entered) throw unbegun(command, options.timeoutMs);
        const words = `${command.argv[0]} did not end in ${options.timeoutMs} ms and was killed`;
        throw new BottleError("BOTTLE_GONE", words, { facts: { timeoutMs: options.timeoutMs } });
      }
      if (!filter.entered) {
        // What closes has killed clients that were coming in before `ls` says that the machine ends.
        if (closing !== null || !(await isRunning(entry))) throw gone(command);
        throw smolvmError({ ...result, stderr: filter.head }, ["machine", "exec"], "CREATE_FAILED");
      }
      if (result.code !== 0 && (closing !== null || !(await isRunning(entry)))) throw gone(command);
      if (result.inputError !== null) throw brokenInput(command, result.inputError);
      return { code: result.code, stdout: result.stdout, stderr };
    });

  return {
    handle: handle as unknown as Json,
    get ended() {
      ending ??= ended();
      return ending;
    },
    frame: (command, terminal) => entryCommand(entry, command, terminal),
    exec,
    ...placing(exec),
    status: async () => ((await isRunning(entry)) ? "running" : "gone"),
    stop: (graceMs) => endAll(entry, graceMs),
    close: () => {
      closing ??= teardown();
      return closing;
    },
  };
}

function unbegun(command: Command, timeoutMs?: number): BottleError {
  return new BottleError("BOTTLE_GONE", `${command.argv[0]} could not begin in ${timeoutMs} ms`, {
    hint: "end a command that runs in this bottle: its machine bears few at once",
    facts: { timeoutMs },
  });
}

function endedWhile(command: Command, why: string | null): BottleError {
  const words = `the bottle ended while ${command.argv[0] ?? "a command"} ran or before`;
  return new BottleError("BOTTLE_GONE", why === null ? words : `${words}: ${why}`);
}

/** Rejects when smolvm does not answer: a bottle is not dead because nobody says that it lives. */
export async function isRunning({ smolvm, machine }: Pick<Entry, "smolvm" | "machine">): Promise<boolean> {
  const found = await findMachine(smolvm, machine);
  return found !== null && isUp(found);
}
