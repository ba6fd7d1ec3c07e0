import { randomBytes } from "node:crypto";
import type { Command, ExecResult } from "../../core/model/command.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { Json } from "../../core/model/plan.ts";
import { run } from "../../host/exec.ts";
import type { Bottle, ExecOptions } from "../backend.ts";
import { EnteredFilter } from "../entered-filter.ts";
import { EXEC_VARIABLE } from "../guest-signals.ts";
import { brokenInput, placing } from "../placing.ts";
import { queue } from "../queue.ts";
import { askEngine, engineError } from "./engine.ts";
import { AGENT, type Entry, entryCommand, execCommand } from "./entry-arguments.ts";
import { endAll, killExec } from "./processes.ts";
import { clientEnd, NOT_SEEN_WORDS, ownCodeArguments } from "./seen-end.ts";

/** Each is a client process and a call that the engine works on; more wait. */
export const MAX_EXECS = 16;

/** What the record keeps: everything with which another process finds and enters the cage again. */
export interface Handle {
  readonly version: 1;
  readonly entry: Entry;
}

export interface BottleEnds {
  /** Ends the cage and removes what `create` made. */
  readonly teardown: () => Promise<void>;
  /** Resolves when the container is gone. Asked for once, when somebody wants to know. */
  readonly ended: () => Promise<void>;
}

/** A running bottle in a container. */
export function openBottle(handle: Handle, { teardown, ended }: BottleEnds): Bottle {
  const { entry } = handle;
  const slot = queue(MAX_EXECS);
  let closing: Promise<void> | null = null;
  let ending: Promise<void> | null = null;

  const exec = async (command: Command, options: ExecOptions = {}): Promise<ExecResult> =>
    slot(async () => {
      if (closing !== null) throw gone(command);
      const token = randomBytes(8).toString("hex");
      const filter = new EnteredFilter(options.onStderr);
      const result = await run(execCommand(entry, command, token), {
        ...options,
        ...(options.onStderr !== undefined && { onStderr: (chunk: Buffer) => filter.push(chunk) }),
      });
      const stderr = options.onStderr === undefined ? filter.take(result.stderr) : result.stderr;
      if (result.timedOut) {
        await killExec(entry.engine, entry.container, `${EXEC_VARIABLE}=${token}`);
        const words = `${command.argv[0]} did not end in ${options.timeoutMs} ms and was killed`;
        throw new BottleError("BOTTLE_GONE", words, { facts: { timeoutMs: options.timeoutMs } });
      }
      if (!filter.entered) {
        // What closes has killed clients that were coming in before the engine says that the container ends.
        if (closing !== null || !(await isRunning(entry))) throw gone(command);
        throw engineError({ ...result, stderr: filter.head }, ["exec"], "CREATE_FAILED");
      }
      if (result.code !== 0 && (closing !== null || !(await isRunning(entry)))) throw gone(command);
      if (result.inputError !== null) throw brokenInput(command, result.inputError);
      const code = entry.distant ? await seenCode(entry, result.code, token) : result.code;
      return { code, stdout: result.stdout, stderr };
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
    stop: (graceMs) => endAll(entry.engine, entry, graceMs),
    close: () => {
      closing ??= teardown();
      return closing;
    },
  };
}

/** The command's own code. Rejects with BOTTLE_GONE where its end was not seen. */
async function seenCode({ engine, container }: Entry, clientCode: number, token: string): Promise<number> {
  const end = clientEnd(clientCode);
  if (end.kind === "seen") return end.code;
  if (end.kind === "not seen") throw new BottleError("BOTTLE_GONE", NOT_SEEN_WORDS);
  const { code } = await askEngine(engine, ownCodeArguments(container, AGENT, token), { timeoutMs: 20_000 });
  return code === 0 ? end.code : end.otherwise;
}

function gone(command: Command): BottleError {
  return new BottleError("BOTTLE_GONE", `the bottle ended while ${command.argv[0] ?? "a command"} ran or before`);
}

/** Throws HOST_UNFIT when the engine does not answer: a bottle is not dead because nobody says that it lives. */
export async function isRunning({ engine, container }: Pick<Entry, "engine" | "container">): Promise<boolean> {
  const args = ["container", "inspect", "--format", "{{.State.Running}}", container];
  const result = await askEngine(engine, args, { timeoutMs: 20_000 });
  if (result.code === 0) return result.stdout.toString("latin1").trim() === "true";
  if (/No such container/i.test(result.stderr.toString("latin1"))) return false;
  throw engineError(result, args, "CREATE_FAILED");
}
