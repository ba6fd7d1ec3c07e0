import { constants } from "node:os";
import { EXIT_OF_KIND } from "../core/model/errors.ts";
import { version } from "../host/own-version.ts";
import { type Io, type JobSignals, processIo } from "./io.ts";
import { parse } from "./parse.ts";
import { report } from "./report.ts";

async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const call = await parse(argv.length === 0 && opensDashboard(io) ? ["dashboard"] : argv, version);
    if (call.kind === "print") {
      (call.toStderr ? process.stderr : process.stdout).write(call.text);
      return call.exitCode;
    }
    // Not before the help: it has few modules.
    (await import("./own-modules.ts")).loadOwnModules();
    const run = await call.verb.load();
    return await run(call.input, io);
  } catch (error) {
    const code = report(error, io);
    // What a signal cut short ends as every program does that a signal ends.
    return io.signal.aborted ? 128 + (constants.signals[io.signal.reason as NodeJS.Signals] ?? 0) : code;
  }
}

/** `bottle` alone, where somebody looks at a screen; elsewhere it is the help, as of old. */
function opensDashboard({ interactive, env: { TERM = "dumb" } }: Io): boolean {
  return interactive && TERM !== "dumb";
}

/** Signals end the run in order: the verb sees the abort, undoes what it did, and its code is the exit code. */
function abortOnSignals(controller: AbortController): AbortSignal {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (name !== "SIGINT" || lent === 0) controller.abort(name);
    });
  }
  return controller.signal;
}

/** How many programs have the terminal from us: until they have made it raw, their Ctrl-C reaches us too. */
let lent = 0;
const jobs: JobSignals = {
  lend() {
    const deaf = () => undefined;
    lent++;
    for (const name of ["SIGQUIT", "SIGTSTP"] as const) process.on(name, deaf);
    return () => {
      lent--;
      for (const name of ["SIGQUIT", "SIGTSTP"] as const) process.off(name, deaf);
    };
  },
  resumed(hear) {
    process.on("SIGCONT", hear);
    return () => void process.off("SIGCONT", hear);
  },
};

/** How long the undos may take after a bug; what is left then is for `bottle prune`. */
const UNDO_MS = 10_000;
/** Where the code is otherwise that of the command, as when our part breaks. */
const UNWRITTEN: Readonly<Record<string, number>> = { start: 125, exec: 125 };

// Whatever the umask takes from others, what is ours is ours to read again.
process.umask(process.umask(0o077) & 0o077);

const controller = new AbortController();
const [, script = "", ...argv] = process.argv;
const io = processIo(abortOnSignals(controller), [process.execPath, ...process.execArgv, script], jobs);
let crashed = false;
let unwritten = false;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that went away (`bottle ls | head`) or a closed terminal is nothing to talk about; a full disk is.
  if (unwritten || error.code === "EPIPE" || error.code === "EIO") return;
  unwritten = true;
  io.say(`bottle: stdout cannot be written: ${error.message}`);
});
// Talk that nobody can hear ends nothing.
process.stderr.on("error", () => undefined);
process.on("uncaughtException", (error) => {
  if (crashed) return;
  crashed = true;
  report(error, io);
  // As a signal would: a running bottle is undone before the process ends.
  controller.abort("SIGTERM");
  setTimeout(() => process.exit(EXIT_OF_KIND.bug), UNDO_MS);
});

const code = await main(argv, io);

function exit(): never {
  if (crashed) process.exit(EXIT_OF_KIND.bug);
  process.exit(unwritten && code === 0 ? (UNWRITTEN[argv[0] ?? ""] ?? EXIT_OF_KIND.host) : code);
}

// Open handles of a library must not keep the process; written output must not be cut. A failed write is told one turn
// after it.
process.stdout.write("", () => process.stderr.write("", () => setImmediate(exit)));
