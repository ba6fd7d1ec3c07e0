import { constants } from "node:os";
import { EXIT_OF_KIND } from "../core/model/errors.ts";
import { type Io, processIo } from "./io.ts";
import { parse } from "./parse.ts";
import { report } from "./report.ts";

/** The version in package.json; read here and not imported, so that the compiled build finds it too. */
async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const parsed: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}

async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const call = await parse(argv, version);
    if (call.kind === "print") {
      (call.toStderr ? process.stderr : process.stdout).write(call.text);
      return call.exitCode;
    }
    const run = await call.verb.load();
    return await run(call.input, io);
  } catch (error) {
    const code = report(error, io);
    // What a signal cut short ends as every program does that a signal ends.
    return io.signal.aborted ? 128 + (constants.signals[io.signal.reason as NodeJS.Signals] ?? 0) : code;
  }
}

/** Signals end the run in order: the verb sees the abort, undoes what it did, and its code is the exit code. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => controller.abort(name));
  }
  return controller.signal;
}

// A reader that went away (`bottle ls | head`) or a closed terminal is no reason for a stack trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

const io = processIo(abortOnSignals());
process.on("uncaughtException", (error) => {
  report(error, io);
  process.exit(EXIT_OF_KIND.bug);
});
process.exitCode = await main(process.argv.slice(2), io);
// Open handles of a library must not keep the process; written output must not be cut.
process.stdout.write("", () => process.stderr.write("", () => process.exit()));
