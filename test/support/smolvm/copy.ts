import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Asked } from "./clap.ts";
import { runningOf } from "./machines.ts";
import { knownMachine, machineFolder, notRunning, RuntimeError, touch } from "./store.ts";
import { atLeast } from "./version-order.ts";

const MAX_BYTES = 4 * 2 ** 30;
/** Above this an upload went past the running container, until 1.9.0. */
const SMALL = 2 ** 20;

const NO_SIDE =
  "config operation failed: cp: one of SRC or DST must use machine:path syntax (e.g., myvm:/workspace/file)";

const failure = (what: string) => new RuntimeError(`agent operation failed: cp: ${what}`);

/** `machine cp SRC DST`: one regular file, to or from a machine that runs; no owner, no mode (src/cli/machine.rs v0.8.0). */
export async function copy(version: string, asked: Asked): Promise<string> {
  const [from, to] = [asked.positional.get("SRC") ?? "", asked.positional.get("DST") ?? ""].map(side);
  // The source is looked at first, at its first colon, even where it is a file of that name.
  if (from?.machine !== null && from !== undefined) {
    guestOf(from.machine, from.path);
    if (to?.machine !== null) throw failure("exactly one side must be MACHINE:PATH");
    const given = ["mode", "uid", "gid"].find((long) => asked.values.has(long));
    if (given !== undefined) throw failure(`--${given} is for uploads only`);
    download(version, from.machine, from.path, to.path);
  } else {
    if (to?.machine === null || to === undefined) throw new RuntimeError(NO_SIDE);
    await upload(version, asked, from?.path ?? "", to.machine, to.path);
  }
  return "";
}

function side(text: string): { readonly machine: string | null; readonly path: string } {
  const at = text.indexOf(":");
  return at < 0 ? { machine: null, path: text } : { machine: text.slice(0, at), path: text.slice(at + 1) };
}

function guestOf(name: string, path: string): number {
  knownMachine(name);
  touch(name);
  const running = runningOf(name);
  if (running === null) throw notRunning(name);
  if (!path.startsWith("/")) throw failure(`not an absolute path: ${path}`);
  return running.guest;
}

/** Where a path of the guest's disk is on the host; links are followed within it. */
function onDisk(root: string, path: string): string {
  const rest = path.split("/");
  let [done, hops]: [string[], number] = [[], 0];
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done = done.slice(0, -1);
      continue;
    }
    const full = join(root, ...done, part);
    if (lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
      done.push(part);
      continue;
    }
    hops += 1;
    if (hops > 40) throw failure(`too many links: ${path}`);
    const target = readlinkSync(full);
    if (target.startsWith("/")) done = [];
    rest.unshift(...target.split("/"));
  }
  return join(root, ...done);
}

async function upload(version: string, asked: Asked, source: string, name: string, path: string): Promise<void> {
  const guest = guestOf(name, path);
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw failure(`not a regular file: ${source}`);
  if (found.size > MAX_BYTES) throw failure(`larger than 4 GiB: ${source}`);
  const octal = asked.values.get("mode") ?? "644";
  if (!/^0?[0-7]{1,4}$/.test(octal)) throw failure(`not a mode: ${octal}`);
  const mode = Number.parseInt(octal, 8);
  const [uid, gid] = ["uid", "gid"].map((long) => Number(asked.values.get(long) ?? 0)) as [number, number];
  process.stderr.write(`Copying ${source}...\n`);
  // Into the running container since 1.7.3, what is larger since 1.9.0; else to the disk, below whatever is mounted there.
  if (atLeast(version, "1.9.0") || (atLeast(version, "1.7.3") && found.size <= SMALL)) {
    await uploadInside(guest, source, path, { mode, uid, gid });
    return;
  }
  const full = onDisk(join(machineFolder(name), "root"), path);
  mkdirSync(dirname(full), { recursive: true });
  const made = `${full}.${process.pid}`;
  copyFileSync(source, made);
  chmodSync(made, mode);
  chownSync(made, uid, gid);
  renameSync(made, full);
}

const entering = (guest: number): string[] => [`--target=${guest}`, "--mount", "--pid", "--root", "--wd"];

async function uploadInside(
  guest: number,
  source: string,
  path: string,
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
): Promise<void> {
  const script = 'mkdir -p "$1" && cat >"$2.new" && chown "$3" "$2.new" && chmod "$4" "$2.new" && mv -f "$2.new" "$2"';
  const words = ["/bin/sh", "-c", script, "cp", posix.dirname(path), path, `${uid}:${gid}`, mode.toString(8)];
  const child = spawn("nsenter", [...entering(guest), "--", ...words], { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const ended = once(child, "close");
  await pipeline(createReadStream(source), child.stdin).catch(() => {}); // said by its exit code
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw failure(said.trim());
}

function download(version: string, name: string, path: string, target: string): void {
  const guest = guestOf(name, path);
  if (atLeast(version, "1.7.3")) {
    const words = ["/bin/sh", "-c", '[ -f "$0" ] && exec cat "$0"', path, target];
    const made = `${target}.${process.pid}`;
    const script = 'out=$1; shift; exec "$@" >"$out"';
    const { status } = spawnSync("/bin/sh", ["-c", script, "cp", made, "nsenter", ...entering(guest), "--", ...words]);
    if (status !== 0) throw failure(`not a regular file: ${path}`);
    renameSync(made, target);
    return;
  }
  const full = onDisk(join(machineFolder(name), "root"), path);
  if (lstatSync(full, { throwIfNoEntry: false })?.isFile() !== true) throw failure(`not a regular file: ${path}`);
  copyFileSync(full, `${target}.${process.pid}`);
  renameSync(`${target}.${process.pid}`, target);
}
