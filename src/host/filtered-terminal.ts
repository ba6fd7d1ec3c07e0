import { write } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { filterOutput, type OutputRules } from "../core/wire/terminal-output.ts";
import { exitCode } from "./exec.ts";
import { isErrno } from "./files.ts";
import { startProgram } from "./started-program.ts";
import { keepTerminal, RESET_MODES } from "./terminal.ts";
import type { TerminalNotices } from "./terminal-notices.ts";

/** The operator's terminal. */
const TERMINAL = 1;
const RETRY_MS = 5;
const writeOnce = promisify(write);

/**
 * Stands between us and what holds the terminal. $1 is stty; descriptor 3 the terminal, 4 ours. A line there says that all
 * was shown; its end without one that we were killed, or want an end: then the terminal is put back here, modes first,
 * since the operator's shell has it again at any moment, and the command killed: script(1) waits on when its window is
 * closed; when it is gone what runs on its terminal gets the hangup. A shell that has taken the terminal has set it for
 * itself: it is left alone unless it still is as script(1) made it, which no shell's own editor needs (no OPOST).
 */
const GUARD = [
  'stty=$1 && shift && saved=$("$stty" -g <&3)',
  "exec 5<&0",
  '"$@" <&5 3>&- 4<&- 5<&- &',
  "trap '' HUP INT QUIT TERM USR1 USR2 TSTP TTOU",
  "exec >&-",
  `read -r shown <&4 || { printf '${RESET_MODES.replaceAll("\u001b", "\\033")}' >&3; kill -KILL $!; case $("$stty" -a <&3) in *-opost*) "$stty" "$saved" <&3 ;; esac; }`,
  "wait $!",
].join("\n");

/** What else is done with what the command prints. */
export interface FilteredTerminal {
  readonly rules: OutputRules;
  /** What the command prints, as it is. */
  readonly each?: (piece: Buffer) => void;
  /** What is told to the operator between. */
  readonly notices?: TerminalNotices;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Gives the operator's terminal to a command of the host that holds a private one (`Bottle.frame`), until it ends: keys and
 * size go in by the terminal itself, what it prints is filtered (attack row 129). However it ends, and however we do, the
 * terminal is as before. Resolves with its exit code. Errors: HOST_UNFIT.
 */
export async function runOnFilteredTerminal(
  { argv, env }: HostCommand,
  stty: string | undefined,
  ways: FilteredTerminal,
): Promise<number> {
  const { signal } = ways;
  const terminal = keepTerminal(stty);
  try {
    const child = startProgram("/bin/sh", ["-c", GUARD, "bot-bottle", stty ?? "/bin/true", ...argv], {
      env: { ...env },
      stdio: ["inherit", "pipe", "inherit", TERMINAL, "pipe"],
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", (cause) => reject(new BottleError("HOST_UNFIT", "cannot run /bin/sh", { cause })));
      child.once("exit", (code, killed) =>
        resolve(signal?.aborted ? exitCode(null, signal.reason as NodeJS.Signals) : exitCode(code, killed)),
      );
    });
    ended.catch(() => undefined); // for who waits for it
    const told = child.stdio[4] as Writable;
    told.on("error", () => undefined);
    const end = () => void told.destroy();
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    await show(child.stdout as Readable, ways);
    told.end("shown\n");
    const code = await ended;
    signal?.removeEventListener("abort", end);
    return code;
  } finally {
    terminal.restore();
  }
}

/** Not by process.stdout, whose writes to a terminal that was stopped (Ctrl-S) would stop this whole process. */
async function show(from: Readable, { rules, each, notices }: FilteredTerminal): Promise<void> {
  const filter = filterOutput(rules);
  let gone = false;
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length && !gone; ) {
      try {
        at += (await writeOnce(TERMINAL, bytes, at)).bytesWritten;
      } catch (error) {
        if (isErrno(error, "EAGAIN")) await delay(RETRY_MS);
        // The window is closed; what holds the private terminal is told by the kernel, and not kept from going on.
        else gone = true;
      }
    }
  };
  // In the order in which they were filtered: a notice stands between whole commands.
  let written = Promise.resolve();
  const put = (...pieces: readonly Uint8Array[]) => {
    for (const bytes of pieces) written = written.then(() => write(bytes));
    return written;
  };
  const giveBack = notices?.lend((bytes) => void put(filter.breakIn(), bytes));
  try {
    for await (const piece of from) {
      each?.(piece as Buffer);
      await put(filter.push(piece as Buffer));
    }
  } finally {
    giveBack?.();
    await written;
  }
}
