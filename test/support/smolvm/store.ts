import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Network } from "./network.ts";

/** What of an image's configuration counts here. */
export interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
}

/** What a machine's first files come from. */
export type Source =
  | { readonly kind: "bare" }
  /** A saved image, or a folder with a root file system. */
  | { readonly kind: "saved"; readonly path: string }
  /** Pulled inside the guest when the machine starts first. */
  | { readonly kind: "registry"; readonly reference: string }
  | { readonly kind: "pack"; readonly path: string };

/** A machine as it is on record. JSON files stand in for the SQLite file of the real one (src/data/mod.rs). */
export interface Machine {
  readonly name: string;
  /** What it was made from, as `ls` says it. */
  readonly image: string | null;
  readonly source: Source;
  /** Of the image, as it was when the machine was made. */
  readonly config: ImageConfig;
  readonly cpus: number;
  readonly mem: number;
  /** Null: the usual size. */
  readonly storage: number | null;
  readonly overlay: number | null;
  readonly volumes: readonly string[];
  readonly sockets: readonly string[];
  /** `HOST:GUEST`. */
  readonly ports: readonly string[];
  readonly env: readonly string[];
  /** References, not values: `GUEST=HOST`. */
  readonly secretEnv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly workdir: string | null;
  /** What was given behind `--` at create. */
  readonly workload: readonly string[];
  readonly network: Network;
  readonly createdAt: number;
  /** Has it ever been started: `created` is another state than `stopped`. */
  readonly started: boolean;
}

/** Of its disks, in GiB. */
export const sizesOf = ({ storage, overlay }: Machine) => ({ storage: storage ?? 20, overlay: overlay ?? 10 });

/** A failure at run time: exit 1, `Error: ...` on stderr. */
export class RuntimeError extends Error {}

const home = process.env.HOME ?? "/nonexistent";
const cache = process.env.XDG_CACHE_HOME ?? join(home, ".cache");
const data = join(process.env.XDG_DATA_HOME ?? join(home, ".local/share"), "smolvm/server");
const vms = join(cache, "smolvm/vms");
const records = join(data, "machines");

/** Where packs are unpacked, each below the CRC of its file. */
export const PACKS = join(cache, "smolvm-pack");
/** Said by a guest that has come up, whoever's it is (below 1.2.5). */
export const READY_MARKER = join(data, "agent-ready");

const recordFile = (name: string): string => join(records, `${name}.json`);

/** Where disks and processes of a machine are kept: the first 16 hex of its name's SHA-256. */
export function machineFolder(name: string): string {
  return join(vms, createHash("sha256").update(name).digest("hex").slice(0, 16));
}

const refused = (why: string) => new RuntimeError(`config operation failed: create machine: ${why}`);

/** Who looks into a machine makes its folder, though it was never started. */
export function touch(name: string): void {
  mkdirSync(machineFolder(name), { recursive: true, mode: 0o700 });
}

/** Throws as src/data/mod.rs does for a name that it does not take. */
export function checkName(name: string): void {
  const odd = /[^A-Za-z0-9_-]/u.exec(name)?.[0];
  if (name === "") throw refused("machine name cannot be empty");
  if (name.length > 128) throw refused(`machine name too long: ${name.length} characters (max 128)`);
  if (!/^[A-Za-z0-9]/.test(name)) throw refused(`machine name must start with a letter or digit (got: "${name}")`);
  if (name.endsWith("-")) throw refused(`machine name cannot end with a hyphen (got: "${name}")`);
  if (odd !== undefined) throw refused(`machine name contains invalid character: '${odd}'`);
  if (name.includes("--")) throw refused("machine name cannot contain consecutive hyphens");
}

export function readMachine(name: string): Machine | null {
  try {
    const machine = JSON.parse(readFileSync(recordFile(name), "utf8")) as Partial<Machine>;
    // Who has only taken the name has no machine yet.
    return machine.source === undefined ? null : (machine as Machine);
  } catch {
    return null;
  }
}

export function knownMachine(name: string): Machine {
  const machine = readMachine(name);
  if (machine === null) throw new RuntimeError(`vm not found: ${name}`);
  return machine;
}

/** What is said of one that commands or files cannot go into. */
export function notRunning(name: string): RuntimeError {
  const hint = `Use 'smolvm machine start --name ${name}' first.`;
  return new RuntimeError(`agent operation failed: connect: machine '${name}' is not running. ${hint}`);
}

export function writeMachine(machine: Machine): void {
  mkdirSync(records, { recursive: true });
  const file = recordFile(machine.name);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(machine));
  renameSync(`${file}.${process.pid}`, file);
}

/** Its record and its disks. */
export function removeMachine(name: string): void {
  rmSync(machineFolder(name), { recursive: true, force: true });
  rmSync(recordFile(name), { force: true });
}

export function allMachines(): Machine[] {
  if (!existsSync(records)) return [];
  return readdirSync(records)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file) => readMachine(file.slice(0, -".json".length)) ?? []);
}

/** Takes a new name for itself. */
export function reserve(name: string): void {
  mkdirSync(records, { recursive: true });
  try {
    writeFileSync(recordFile(name), "{}", { flag: "wx" });
  } catch {
    throw refused(`machine '${name}' already exists or is being created`);
  }
}

/** Gives a name back that no machine came to have. */
export function release(name: string): void {
  if (readMachine(name) === null) rmSync(recordFile(name), { force: true });
}

/** For tests: the disks of this machine go while its VM process lives. */
export function noteLostDisks(name: string): void {
  writeFileSync(join(home, "disks-lost"), `${name}\n`, { flag: "a" });
}
