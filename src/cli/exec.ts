import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { runRelayed } from "../host/relay.ts";
import { runOnTerminal } from "../session/attach.ts";
import { brokenEntry } from "../session/broken-entry.ts";
import { findRunning } from "../session/find-bottle.ts";
import { outlet } from "../session/outlet.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** Our part broke after the command had started. */
const BROKEN = 125;

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
  const command = { argv, ...(cwd === undefined ? {} : { cwd }) };
  const code = tty
    ? await runOnTerminal(bottle, command, context.facts.tools.stty, {
        rules: { clipboard: "off" },
        signal: io.signal,
      })
    : await piped(bottle.frame(command, false), flag(input, "interactive"), io);
  return (await brokenEntry(bottle, code, context.say)) ? BROKEN : code;
};

/** Without a terminal of its own the command must not get the operator's either: pipes, in a session of its own. */
function piped(command: HostCommand, withInput: boolean, io: Io): Promise<number> {
  const streams = {
    stdin: withInput ? process.stdin : null,
    stdout: outlet(process.stdout, io.stdoutIsTerminal, "break"),
    stderr: outlet(process.stderr, io.stderrIsTerminal, "drop"),
  };
  return runRelayed(command, streams, (child) => {
    const pass = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, String(io.signal.reason) as NodeJS.Signals);
      // The agent may have stopped the way in (kill(2) of a process with its uid), which would then reap nothing.
      process.kill(-child.pid, "SIGCONT");
    };
    if (io.signal.aborted) pass();
    io.signal.addEventListener("abort", pass);
  });
}
