import { spawn } from "node:child_process";
import type { Bottle } from "../backends/backend.ts";
import type { Command } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { exitCode } from "../host/exec.ts";
import { type Outlet, type RelayStreams, runRelayed } from "../host/relay.ts";
import { keepTerminal } from "../host/terminal.ts";
import type { Transcript } from "./transcript.ts";

/**
 * Runs the agent on a terminal of its own, relayed to the operator's by util-linux script(1), which follows its size.
 * The process that holds the operator's terminal is script, in our process group, so that the kernel tells it of
 * resizes; nothing inside the bottle shares terminal, session or group with it (attack row 138).
 */
export async function runOnTerminal(
  bottle: Bottle,
  command: Command,
  transcript: string | null,
  stty: string | undefined,
): Promise<number> {
  const { argv, env } = bottle.frame(command, { transcript });
  const [program, ...args] = argv;
  if (program === undefined) throw new BottleError("INVARIANT", "a frame without a program");
  const terminal = keepTerminal(stty);
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(program, args, { env, stdio: "inherit" });
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(exitCode(code, signal)));
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
): Promise<number> {
  const kept = ({ each, ...outlet }: Outlet): Outlet => ({
    ...outlet,
    each: (piece) => {
      transcript.write(piece);
      return each(piece);
    },
  });
  return runRelayed(bottle.frame(command, false), {
    stdin: streams.stdin,
    stdout: kept(streams.stdout),
    stderr: kept(streams.stderr),
  });
}
