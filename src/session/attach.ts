import { spawn } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import type { Bottle } from "../backends/backend.ts";
import type { Command } from "../core/model/command.ts";
import { exitCode } from "../host/exec.ts";
import { keepTerminal } from "../host/terminal.ts";

/** What the operator's side of an agent run is connected to. */
export interface AgentStreams {
  /** Passed to a headless agent as stdin; null: /dev/null. Never a terminal. */
  readonly stdin: NodeJS.ReadStream | null;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

/**
 * Runs the agent on a terminal of its own, relayed to the operator's by util-linux script(1), which follows its size.
 * The process that holds the operator's terminal is script, in our process group, so that the kernel tells it of
 * resizes; nothing inside the bottle shares terminal, session or group with it (attack row 138).
 */
export async function runOnTerminal(
  bottle: Bottle,
  command: Command,
  transcript: string,
  stty: string | undefined,
): Promise<number> {
  const { argv, env } = bottle.frame(command, { transcript });
  const [program, ...args] = argv;
  if (program === undefined) return 125;
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

/** Runs the agent without a terminal, in a session of its own; what it prints goes to `streams` and to the log file. */
export async function runHeadless(
  bottle: Bottle,
  command: Command,
  logFile: string,
  streams: AgentStreams,
): Promise<number> {
  const { argv, env } = bottle.frame(command, false);
  const [program, ...args] = argv;
  if (program === undefined) return 125;
  const log = openSync(logFile, "a", 0o600);
  try {
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(program, args, {
        env,
        detached: true,
        stdio: [streams.stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
      });
      child.once("error", reject);
      if (streams.stdin !== null && child.stdin !== null) {
        // An agent that does not read its input ends the pipe early: no failure of ours.
        child.stdin.on("error", () => undefined);
        streams.stdin.pipe(child.stdin);
      }
      child.stdout?.on("data", (chunk: Buffer) => {
        writeSync(log, chunk);
        streams.onStdout(chunk);
      });
      child.stderr?.on("data", (chunk: Buffer) => {
        writeSync(log, chunk);
        streams.onStderr(chunk);
      });
      child.once("close", (code, signal) => resolve(exitCode(code, signal)));
    });
  } finally {
    closeSync(log);
    streams.stdin?.unpipe();
    streams.stdin?.pause();
  }
}
