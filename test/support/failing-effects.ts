/**
 * Preload (`NODE_OPTIONS=--import`): the Nth thing that the process does to the disk, or the Nth program that it starts,
 * goes wrong. `BOT_BOTTLE_TEST_EFFECT` is `N full` (as on a full disk, instead of happening), `N kill` (the process
 * is killed instead) or `N killed-after` (killed when it has happened). The name of the effect is written to the file
 * `BOT_BOTTLE_TEST_EFFECT_SEEN`, which so tells whether there was an Nth. With N = 0 nothing goes wrong, and what is written
 * there at the end of the process is how many effects it had. With `BOT_BOTTLE_TEST_EFFECT_FROM` counting
 * begins when there is a file of that name.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [nth = "0", mode = "full"] = (process.env.BOT_BOTTLE_TEST_EFFECT ?? "").split(" ");
const seen = process.env.BOT_BOTTLE_TEST_EFFECT_SEEN ?? "/dev/null";
const from = process.env.BOT_BOTTLE_TEST_EFFECT_FROM;
const { appendFileSync, existsSync } = fs;
let count = 0;

type Act = (...args: never[]) => unknown;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  // The signal comes when this thread next enters the kernel.
  for (;;);
}

function failure(name: string): Error {
  const code = name === "spawn" ? "EAGAIN" : "ENOSPC";
  return Object.assign(new Error(`${code}: effect ${nth} fails for a test, ${name}`), { code, syscall: name });
}

/** `async`: what fails rejects; else it throws. */
function wrap(owner: object, name: string, async: boolean, counts: (...args: unknown[]) => boolean = () => true): void {
  const real = (owner as Record<string, Act>)[name] as unknown as (...args: unknown[]) => unknown;
  const replaced = function (this: unknown, ...args: unknown[]): unknown {
    if (!counts(...args) || (from !== undefined && !existsSync(from))) return real.apply(this, args);
    count += 1;
    if (count !== Number(nth)) return real.apply(this, args);
    appendFileSync(seen, `${name} ${String(args[0]).slice(0, 200)}\n`);
    if (mode === "kill") die();
    if (mode === "full") {
      if (async) return Promise.reject(failure(name));
      throw failure(name);
    }
    const result = real.apply(this, args);
    if (!(result instanceof Promise)) die();
    return result.then(die, die);
  };
  Object.defineProperty(replaced, "name", { value: name });
  (owner as Record<string, unknown>)[name] = replaced;
}

const writes = (_path: unknown, flags: unknown = "r"): boolean =>
  typeof flags === "number"
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0
    : /[wa+]/.test(String(flags));

for (const name of ["rename", "mkdir", "unlink", "rmdir", "rm", "writeFile", "appendFile", "chmod", "mkdtemp"]) {
  wrap(fs.promises, name, true);
}
for (const name of ["renameSync", "mkdirSync", "unlinkSync", "rmdirSync", "rmSync", "writeFileSync"])
  wrap(fs, name, false);
const handle = await fs.promises.open("/dev/null", "r");
for (const name of ["appendFile", "write", "writeFile"]) wrap(Object.getPrototypeOf(handle), name, true);
await handle.close();
wrap(fs.promises, "open", true, writes);
wrap(childProcess, "spawn", false);
syncBuiltinESMExports();
if (nth === "0") process.once("exit", () => appendFileSync(seen, `${count}\n`));
