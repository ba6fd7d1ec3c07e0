import { spawn } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Asked } from "./clap.ts";
import { busy } from "./connections.ts";
import { forgetContainers } from "./containers.ts";
import { guestArguments, makeRoot, readImage } from "./guest.ts";
import { startMain } from "./main-container.ts";
import { limitMemory, removeMemory } from "./memory.ts";
import {
  allMachines,
  checkName,
  knownMachine,
  type Machine,
  machineFolder,
  RuntimeError,
  readMachine,
  removeMachine,
  reserve,
  writeMachine,
} from "./store.ts";
import { atLeast } from "./version-order.ts";

const BOOT = join(import.meta.dirname, "boot.sh");
const REFUSED_SOURCES = /^\/(?:var)?$|^\/(?:var\/run|var\/log|etc|usr|bin|sbin|lib|proc|sys|dev|run)(?:\/|$)/;

/** The VM process of a machine, and the guest's first process in it. */
export interface Running {
  readonly pid: number;
  readonly guest: number;
}

export function runningOf(name: string): Running | null {
  const folder = machineFolder(name);
  try {
    const pid = Number(readFileSync(join(folder, "agent.pid"), "utf8"));
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${folder}/boot-config.json`)) return null;
    const info = JSON.parse(readFileSync(join(folder, "guest-info"), "utf8")) as { "child-pid": number };
    // Until it has become the idle one, the guest is still being made.
    const idle = readFileSync(`/proc/${info["child-pid"]}/comm`, "utf8") === "sleep\n";
    return idle ? { pid, guest: info["child-pid"] } : null;
  } catch {
    return null;
  }
}

function nameOf(asked: Asked): string {
  return asked.values.get("name") ?? asked.positional.get("NAME") ?? "default";
}

export function create(version: string, asked: Asked): string {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? `vm-${process.pid.toString(16)}`;
  checkName(name);
  const image = asked.values.get("image");
  if (image === undefined) throw new RuntimeError("the stand-in makes machines from images only");
  if (!atLeast(version, "1.1.0") || !image.startsWith("/")) {
    throw new RuntimeError(`agent operation failed: pull: no registry serves '${image}' here`);
  }
  const volumes = (asked.lists.get("volume") ?? []).map(checkVolume);
  const sockets = asked.lists.get("mount-socket") ?? [];
  const config = readImage(image);
  reserve(name);
  writeMachine({
    name,
    image,
    config,
    cpus: Number(asked.values.get("cpus") ?? 4),
    mem: Number(asked.values.get("mem") ?? 8192),
    volumes,
    sockets,
    env: (asked.lists.get("env") ?? []).filter((text) => /^[^=]+=/.test(text)),
    network: asked.flags.has("net") || asked.lists.has("port"),
    createdAt: Math.floor(Date.now() / 1000),
    started: false,
  });
  return `Created machine: ${name}\n`;
}

function checkVolume(volume: string): string {
  const parts = volume.split(":");
  const [host = "", guest = "", mode = "rw"] = parts;
  if (parts.length > 3 || !guest.startsWith("/") || !["ro", "rw"].includes(mode)) {
    throw new RuntimeError(`config operation failed: volume: '${volume}'`);
  }
  if (!lstatSync(host, { throwIfNoEntry: false })) throw new RuntimeError(`mount source not found: ${host}`);
  const real = realpathSync(host);
  if (!lstatSync(real).isDirectory()) {
    throw new RuntimeError(`config operation failed: volume: not a directory: ${host}`);
  }
  if (REFUSED_SOURCES.test(real)) throw new RuntimeError(`config operation failed: volume: refused source: ${host}`);
  return [real, guest, mode].join(":");
}

export async function start(version: string, asked: Asked): Promise<string> {
  const name = nameOf(asked);
  const machine = knownMachine(name);
  const already = runningOf(name);
  if (already !== null) return `Machine '${name}' is already running (PID ${already.pid})\n`;
  const folder = machineFolder(name);
  const root = join(folder, "root");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  makeRoot(root);
  for (const file of ["guest-info", "connections"]) rmSync(join(folder, file), { recursive: true, force: true });
  forgetContainers(folder);
  writeFileSync(join(folder, "name"), name);
  writeFileSync(join(folder, "boot-config.json"), JSON.stringify(machine));
  writeFileSync(join(folder, "guest-arguments"), `${guestArguments(machine, root).join("\0")}\0`);
  const memory = limitMemory(folder, machine.mem);
  if (memory !== null) writeFileSync(join(folder, "memory"), `${memory}\n`);
  const vm = spawn("/bin/sh", [BOOT, "_boot-vm", join(folder, "boot-config.json")], {
    detached: true,
    stdio: "ignore",
    env: { PATH: "/usr/bin:/bin" },
  });
  writeFileSync(join(folder, "agent.pid"), String(vm.pid));
  vm.unref();
  const exited = new Promise<boolean>((resolve) => vm.once("exit", () => resolve(true)));
  for (;;) {
    const running = runningOf(name);
    if (running !== null) {
      await startMain(version, machine, folder, running.guest).catch(async (error) => {
        await end(name);
        throw error;
      });
      break;
    }
    if (await Promise.race([exited, delay(5, false)])) {
      const words = readFileSync(join(folder, "agent-console.log"), "utf8").trim();
      throw new RuntimeError(`agent operation failed: start: ${words}`);
    }
  }
  writeMachine({ ...machine, started: true });
  return `Machine '${name}' running (PID ${vm.pid})\n`;
}

export async function stop(version: string, asked: Asked): Promise<string> {
  const name = nameOf(asked);
  if (readMachine(name) === null && atLeast(version, "0.8.1")) throw new RuntimeError(`vm not found: ${name}`);
  return (await end(name))
    ? `Stopping machine '${name}'...\nStopped machine: ${name}\n`
    : `Machine '${name}' is not running\n`;
}

async function end(name: string): Promise<boolean> {
  const folder = machineFolder(name);
  let pid: number;
  try {
    pid = Number(readFileSync(join(folder, "agent.pid"), "utf8"));
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) return false;
  } catch {
    return false;
  }
  const guest = runningOf(name)?.guest;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
  while ([pid, guest].some((one) => one !== undefined && alive(one))) await delay(5);
  removeMemory(folder);
  return true;
}

function alive(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export async function remove(version: string, asked: Asked): Promise<string> {
  const name = nameOf(asked);
  if (!asked.values.has("name") && !asked.positional.has("NAME")) throw new RuntimeError("vm not found: default");
  knownMachine(name);
  if (!asked.flags.has("force")) {
    process.stderr.write(`Delete machine '${name}'? [y/N] `);
    const answer = existsSync("/dev/stdin") ? readFileSync(0, "utf8") : "";
    if (!/^y(?:es)?\n?$/i.test(answer)) return "Cancelled\n";
  }
  // Before 0.8.1 the VM of a running machine lives on without a record.
  if (atLeast(version, "0.8.1")) await end(name);
  removeMachine(name);
  return `Deleted machine: ${name}\n`;
}

function describe(version: string, { name, cpus, mem, image, createdAt, network, started, volumes }: Machine) {
  const running = runningOf(name);
  const unreachable = running !== null && busy(version, machineFolder(name));
  return {
    name,
    state: unreachable ? "unreachable" : running !== null ? "running" : started ? "stopped" : "created",
    cpus,
    memory_mib: mem,
    pid: running?.pid ?? null,
    mounts: volumes.length,
    ports: 0,
    created_at: createdAt,
    image,
    ephemeral: false,
    network,
  };
}

export function ls(version: string, asked: Asked): string {
  const all = allMachines().map((machine) => describe(version, machine));
  if (asked.flags.has("json")) return `${JSON.stringify(all, null, 2)}\n`;
  return all.map(({ name, state }) => `${name.slice(0, 18).padEnd(20)}${state}\n`).join("");
}

export function status(version: string, asked: Asked): string {
  const machine = knownMachine(nameOf(asked));
  if (asked.flags.has("json")) return `${JSON.stringify(describe(version, machine), null, 2)}\n`;
  const running = runningOf(machine.name);
  return `Machine '${machine.name}': ${running === null ? "not running" : `running (PID ${running.pid})`}\n`;
}
