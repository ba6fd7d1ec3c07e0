import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What of an image's configuration counts here. */
export interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
}

/** A machine as it is on record. JSON files stand in for the SQLite file of the real one (src/data/mod.rs). */
export interface Machine {
  readonly name: string;
  readonly image: string;
  /** Of the image, as it was when the machine was made. */
  readonly config: ImageConfig;
  readonly cpus: number;
  readonly mem: number;
  readonly volumes: readonly string[];
  readonly sockets: readonly string[];
  readonly env: readonly string[];
  readonly network: boolean;
  readonly createdAt: number;
  /** Has it ever been started: `created` is another state than `stopped`. */
  readonly started: boolean;
}

/** A failure at run time: exit 1, `Error: ...` on stderr. */
export class RuntimeError extends Error {}

const home = process.env.HOME ?? "/nonexistent";
const data = join(process.env.XDG_DATA_HOME ?? join(home, ".local/share"), "smolvm/server");
const vms = join(process.env.XDG_CACHE_HOME ?? join(home, ".cache"), "smolvm/vms");
const records = join(data, "machines");

const recordFile = (name: string): string => join(records, `${name}.json`);

/** Where disks and processes of a machine are kept: the first 16 hex of its name's SHA-256. */
export function machineFolder(name: string): string {
  return join(vms, createHash("sha256").update(name).digest("hex").slice(0, 16));
}

/** Throws as src/data/mod.rs does for a name that it does not take. */
export function checkName(name: string): void {
  const fine = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(name) && !name.endsWith("-") && !name.includes("--");
  if (!fine) throw new RuntimeError(`config operation failed: create: invalid machine name '${name}'`);
}

export function readMachine(name: string): Machine | null {
  try {
    return JSON.parse(readFileSync(recordFile(name), "utf8")) as Machine;
  } catch {
    return null;
  }
}

export function knownMachine(name: string): Machine {
  const machine = readMachine(name);
  if (machine === null) throw new RuntimeError(`vm not found: ${name}`);
  return machine;
}

export function writeMachine(machine: Machine): void {
  mkdirSync(records, { recursive: true });
  const file = recordFile(machine.name);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(machine));
  renameSync(`${file}.${process.pid}`, file);
}

export function removeMachine(name: string): void {
  rmSync(recordFile(name), { force: true });
  rmSync(machineFolder(name), { recursive: true, force: true });
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
    throw new RuntimeError(`config operation failed: create: machine '${name}' already exists`);
  }
}
