import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { exitCode, HELD_PIPE_MS } from "./exec.ts";
import { startProgram } from "./started-program.ts";

/** Where one of a command's outputs goes. */
export interface Outlet {
  readonly to: NodeJS.WritableStream;
  /** What is written for a piece; an empty text writes nothing. */
  readonly each: (piece: Buffer) => Buffer | string;
  /** The reader is gone (`| head`): the rest is read and dropped, or the command gets SIGPIPE as it would without us. */
  readonly readerGone: "drop" | "break";
}

export interface RelayStreams {
  /** Null: /dev/null. */
  readonly stdin: Readable | null;
  readonly stdout: Outlet;
  readonly stderr: Outlet;
}

/** More than a pipe holds: what comes after the command's end and beyond this is a descendant's. */
const AFTER_END_BYTES = 1 << 20;

/**
 * Runs a host command in a session of its own, without a terminal, its outputs relayed at the pace of their readers.
 * Ends with the command, also when a process that it left behind still holds its outputs. Resolves with the exit code,
 * 128+n after signal n. Rejects with HOST_UNFIT when it cannot be started.
 */
export function runRelayed(
  command: HostCommand,
  streams: RelayStreams,
  onStart: (child: ChildProcess) => void = () => undefined,
): Promise<number> {
  const [program, ...args] = command.argv;
  if (program === undefined) throw new BottleError("INVARIANT", "a command without a program");
  const { stdin } = streams;
  return new Promise((resolve, reject) => {
    const child = startProgram(program, args, {
      env: { ...command.env },
      detached: true,
      stdio: [stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
    });
    child.once("error", (cause) =>
      reject(new BottleError("HOST_UNFIT", `cannot run ${program}: ${cause.message}`, { cause })),
    );
    if (stdin !== null && child.stdin !== null) {
      // A command that does not read its input ends the pipe early: no failure of ours.
      child.stdin.on("error", () => undefined);
      stdin.pipe(child.stdin);
    }
    const relays = [relay(child.stdout, streams.stdout), relay(child.stderr, streams.stderr)];
    child.once("exit", () => {
      for (const { finish } of relays) finish();
    });
    child.once("close", (code, signal) => {
      for (const { release } of relays) release();
      stdin?.unpipe();
      stdin?.pause();
      resolve(exitCode(code, signal));
    });
    onStart(child);
  });
}

function relay(from: Readable | null, { to, each, readerGone }: Outlet) {
  let gone = false;
  let quiet: NodeJS.Timeout | undefined;
  let afterEnd = 0;
  const resume = () => void from?.resume();
  const lost = () => {
    gone = true;
    if (readerGone === "break") from?.destroy();
    else resume();
  };
  to.on("drain", resume);
  to.on("error", lost);
  from?.on("data", (piece: Buffer) => {
    const text = each(piece);
    const taken = gone || text.length === 0 || to.write(text);
    if (quiet !== undefined) {
      quiet.refresh();
      afterEnd += piece.length;
      if (afterEnd > AFTER_END_BYTES) from.destroy();
    } else if (!taken) from.pause();
  });
  return {
    /** The command has ended: what it printed is read without waiting for the reader, then nothing more. */
    finish: () => {
      quiet = setTimeout(() => from?.destroy(), HELD_PIPE_MS);
      resume();
    },
    release: () => {
      clearTimeout(quiet);
      to.off("drain", resume);
      to.off("error", lost);
    },
  };
}
