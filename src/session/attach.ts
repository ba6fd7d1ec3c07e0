import type { Bottle } from "../backends/backend.ts";
import type { Command, HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { exitCode } from "../host/exec.ts";
import { type FilteredTerminal, runOnFilteredTerminal } from "../host/filtered-terminal.ts";
import { type Outlet, type RelayStreams, runRelayed } from "../host/relay.ts";
import { startProgram } from "../host/started-program.ts";
import { keepTerminal } from "../host/terminal.ts";
import type { Transcript } from "./transcript.ts";

/**
 * Runs a command on a terminal of its own, relayed to the operator's by util-linux script(1), which follows its size.
 * What holds the operator's terminal is in our process group, so that the kernel tells it of resizes; nothing inside the
 * bottle shares terminal, session or group with it (attack row 138). `signal` ends it, for callers that do not end the
 * bottle then. `stty`: absolute path; undefined where there is none.
 */
export function runOnTerminal(
  bottle: Bottle,
  command: Command,
  stty: string | undefined,
  ways: FilteredTerminal,
): Promise<number> {
  return runOnFilteredTerminal(bottle.frame(command, { transcript: null }), stty, ways);
}

/**
 * Gives the operator's terminal to a command of the host until it ends, and puts it back as it was whatever that one did.
 * `signal` ends it.
 */
export async function onThisTerminal(
  { argv, env }: HostCommand,
  stty: string | undefined,
  signal?: AbortSignal,
): Promise<number> {
  const [program, ...args] = argv;
  if (program === undefined) throw new BottleError("INVARIANT", "a frame without a program");
  const terminal = keepTerminal(stty);
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = startProgram(program, args, { env, stdio: "inherit" });
      const end = () => void child.kill("SIGTERM");
      if (signal?.aborted) end();
      signal?.addEventListener("abort", end, { once: true });
      child.once("error", reject);
      child.once("exit", (code, killed) =>
        resolve(signal?.aborted ? exitCode(null, signal.reason as NodeJS.Signals) : exitCode(code, killed)),
      );
    });
  } finally {
    terminal.restore();
  }
}

/** Runs the agent without a terminal, in a session of its own; what it prints goes to `streams` and into `transcript`. */
export async function runHeadless(
  bottle: Bottle,
  command: Command,
  transcript: Transcript,
  streams: RelayStreams,
  onStart?: () => void,
): Promise<number> {
  const kept = ({ each, ...outlet }: Outlet): Outlet => ({
    ...outlet,
    each: (piece) => {
      transcript.write(piece);
      return each(piece);
    },
  });
  return runRelayed(
    bottle.frame(command, false),
    { stdin: streams.stdin, stdout: kept(streams.stdout), stderr: kept(streams.stderr) },
    onStart,
  );
}
