/**
 * A FAKE `smolvm` for tests: the command line of smol-machines/smolvm at the version that STAND_IN_VERSION names, over
 * namespaces in place of VMs. It shows that the driver keeps to what was read of the real one; it proves nothing about it.
 */
import { logCalls } from "./call-log.ts";
import { type Asked, parse, UsageError } from "./clap.ts";
import { copy } from "./copy.ts";
import { create } from "./create.ts";
import { exec } from "./exec.ts";
import { helpOf } from "./help.ts";
import { dataFolder, remove, start, stop } from "./lifecycle.ts";
import { ls, status } from "./listing.ts";
import { packCreate } from "./pack.ts";
import { RuntimeError } from "./store.ts";
import { update } from "./update.ts";

const version = process.env.STAND_IN_VERSION ?? "1.9.3";
const argv = process.argv.slice(2);
// What is in a guest is made by the guest, which knows nothing of the caller's.
process.umask(0o022);

type Answer = string | number | Promise<string | number>;

/** What is in the table of flags and not here is taken apart and then refused: what it does was not read. */
const COMMANDS: Readonly<Record<string, (version: string, asked: Asked) => Answer>> = {
  "machine create": create,
  "machine start": start,
  "machine stop": stop,
  "machine delete": remove,
  "machine ls": ls,
  "machine status": status,
  "machine exec": exec,
  "machine shell": shell,
  "machine cp": copy,
  "machine update": update,
  "machine data-dir": dataFolder,
  "pack create": packCreate,
};

/** `exec -i -t /bin/sh`; it starts no machine, whatever its help says. */
function shell(version: string, asked: Asked): Answer {
  const flags = new Set(["interactive", "tty"]);
  return exec(version, { ...asked, command: "machine exec", flags, trailing: ["/bin/sh"] });
}

async function main(): Promise<number> {
  if (argv[0] === "--version" || argv[0] === "-V") {
    process.stdout.write(`smolvm ${version}\n`);
    return 0;
  }
  if (argv.length < 2 && ["machine", "vm", "pack", undefined].includes(argv[0])) {
    process.stderr.write(helpOf(version, argv[0] === "vm" ? "machine" : (argv[0] ?? "")));
    return 2;
  }
  try {
    // Of these only the names were read.
    if (argv[0] === "serve" || argv[0] === "config") throw new RuntimeError(`the stand-in does not run \`${argv[0]}\``);
    const asked = parse(version, argv);
    if (asked.help === true) {
      process.stdout.write(helpOf(version, asked.command));
      return 0;
    }
    const command = COMMANDS[asked.command];
    if (command === undefined) throw new RuntimeError(`the stand-in does not run \`${asked.command}\``);
    const done = await command(version, asked);
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

logCalls(argv);
process.exitCode = await main();
