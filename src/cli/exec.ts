import { spawn } from "node:child_process";
import { BottleError } from "../core/model/errors.ts";
import { exitCode } from "../host/exec.ts";
import { keepTerminal } from "../host/terminal.ts";
import { findRunning } from "../session/find-bottle.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle exec`: the same entry into the cage as the agent's own. The exit code is the command's. */
export const exec: VerbRun = async (input, io) => {
  const [name = "", ...before] = input.positionals;
  const argv = [...before, ...input.rest];
  if (argv.length === 0)
    throw new BottleError("USAGE", "no command was given", { hint: `bottle exec ${name} -- COMMAND` });
  const tty = flag(input, "tty");
  if (tty && !io.interactive)
    throw new BottleError("USAGE", "-t needs a terminal on stdin and stdout", { hint: "leave -t out" });
  const context = sessionContext(io);
  const { bottle } = await findRunning(name, context);
  const cwd = text(input, "cwd");
  const { argv: words, env } = bottle.frame(
    { argv, ...(cwd === undefined ? {} : { cwd }) },
    tty ? { transcript: null } : false,
  );
  const [program, ...args] = words;
  if (program === undefined) throw new BottleError("INVARIANT", "a frame without a program");
  const terminal = tty ? keepTerminal(context.facts.tools.stty) : null;
  try {
    return await new Promise<number>((resolve, reject) => {
      // Without a terminal of its own the command must not get the operator's either: pipes, in a session of its own.
      const child = spawn(program, args, {
        env,
        detached: !tty,
        stdio: tty ? "inherit" : [flag(input, "interactive") ? "pipe" : "ignore", "pipe", "pipe"],
      });
      child.once("error", reject);
      if (child.stdin !== null) {
        child.stdin.on("error", () => undefined);
        process.stdin.pipe(child.stdin);
      }
      child.stdout?.pipe(process.stdout, { end: false });
      child.stderr?.pipe(process.stderr, { end: false });
      io.signal.addEventListener("abort", () => {
        if (!tty && child.pid !== undefined) process.kill(-child.pid, String(io.signal.reason) as NodeJS.Signals);
      });
      child.once("close", (code, signal) => resolve(exitCode(code, signal)));
    });
  } finally {
    terminal?.restore();
    process.stdin.pause();
  }
};
