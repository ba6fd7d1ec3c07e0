/**
 * A FAKE `smolvm` for tests: the command line of smol-machines/smolvm at the version that STAND_IN_VERSION names, over
 * namespaces in place of VMs. It shows that the driver keeps to what was read of the real one; it proves nothing about it.
 */
import { type Asked, parse, UsageError } from "./clap.ts";
import { exec } from "./exec.ts";
import { create, ls, remove, start, status, stop } from "./machines.ts";
import { RuntimeError } from "./store.ts";

const version = process.env.STAND_IN_VERSION ?? "1.9.3";
const argv = process.argv.slice(2);

const COMMANDS: Readonly<Record<string, (asked: Asked) => string | number | Promise<string | number>>> = {
  "machine create": (asked) => create(version, asked),
  "machine start": (asked) => start(version, asked),
  "machine stop": (asked) => stop(version, asked),
  "machine delete": (asked) => remove(version, asked),
  "machine ls": (asked) => ls(version, asked),
  "machine status": (asked) => status(version, asked),
  "machine exec": (asked) => exec(version, asked),
};

async function main(): Promise<number> {
  if (argv[0] === "--version" || argv[0] === "-V") {
    process.stdout.write(`smolvm ${version}\n`);
    return 0;
  }
  if (argv.at(-1) === "--help" && argv[0] === "machine" && argv.length === 2) {
    process.stdout.write("Manage machines\n\nUsage: smolvm machine <COMMAND>\n");
    return 0;
  }
  try {
    const asked = parse(version, argv);
    const done = await COMMANDS[asked.command]?.(asked);
    if (typeof done === "string") process.stdout.write(done);
    return typeof done === "number" ? done : 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`error: ${error.message}\n\nFor more information, try '--help'.\n`);
      return 2;
    }
    process.stderr.write(`Error: ${error instanceof RuntimeError ? error.message : String(error)}\n`);
    return 1;
  }
}

process.exitCode = await main();
