import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Asked } from "./clap.ts";
import { forgetContainers } from "./containers.ts";
import { checkSizes, defaultMachine } from "./create.ts";
import { fault } from "./faults.ts";
import { guestArguments, makeRoot } from "./guest.ts";
import { stateOf } from "./listing.ts";
import { end, isStopping, type Running, runningOf, vmOf } from "./machines.ts";
import { startMain } from "./main-container.ts";
import { limitMemory, removeMemory } from "./memory.ts";
import { rulesOf } from "./network.ts";
import { has } from "./quirks.ts";
import {
  knownMachine,
  type Machine,
  machineFolder,
  noteLostDisks,
  READY_MARKER,
  RuntimeError,
  readMachine,
  removeMachine,
  writeMachine,
} from "./store.ts";
import { checkReached } from "./uid-drop.ts";
import { atLeast } from "./version-order.ts";

const BOOT = join(import.meta.dirname, "boot.sh");
const RELAY = join(import.meta.dirname, "relay.py");
const FINISHER = join(import.meta.dirname, "finisher-child.ts");
const ENV = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

const failure = (what: string) =>
  new RuntimeError(`agent operation failed: start machine: agent operation failed: monitor agent: ${what}`);

/** As it is said when a machine begins to start. */
function shares({ volumes, ports }: Machine): string {
  const mounts = volumes.length === 0 ? "" : ` with ${volumes.length} mount(s)`;
  return `${mounts}${ports.length === 0 ? "" : ` and ${ports.length} port mapping(s)`}`;
}

export async function start(version: string, asked: Asked): Promise<string> {
  const named = asked.values.get("name");
  const name = named ?? "default";
  const machine = readMachine(name) ?? (named === undefined ? defaultMachine(name) : knownMachine(name));
  const folder = machineFolder(name);
  const { state, pid } = stateOf(version, machine);
  if (state === "running" && vmOf(folder) !== null) return `Machine '${name}' is already running (PID ${pid})\n`;
  if (isStopping(folder)) throw new RuntimeError("invalid vm state: expected stopped, got stopping");
  process.stderr.write(`Starting machine '${name}'${shares(machine)}...\n`);
  // Whatever looks unreachable is taken for dead, and killed.
  await end(name, true);
  checkSizes(machine);
  checkReached(version, machine);
  try {
    const vm = await boot(version, machine, folder);
    return `Machine '${name}' running (PID ${vm})\n`;
  } catch (error) {
    // Its state stays what it was (seen at 1.9.1).
    if (has(version, "start-orphan")) rmSync(join(folder, "agent.pid"), { force: true });
    else await end(name, true);
    throw error;
  }
}

async function boot(version: string, before: Machine, folder: string): Promise<number> {
  const root = join(folder, "root");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = await makeRoot(version, before, root);
  const machine = config === null ? before : { ...before, config };
  for (const file of ["guest-info", "connections", "stopping"])
    rmSync(join(folder, file), { recursive: true, force: true });
  forgetContainers(folder);
  writeFileSync(join(folder, "name"), machine.name);
  writeFileSync(join(folder, "boot-config.json"), JSON.stringify(machine));
  writeFileSync(join(folder, "guest-arguments"), `${guestArguments(version, machine, root).join("\0")}\0`);
  const memory = limitMemory(folder, machine.mem);
  if (memory !== null) writeFileSync(join(folder, "memory"), `${memory}\n`);
  const shared = has(version, "shared-ready");
  if (shared) rmSync(READY_MARKER, { force: true });
  const vm = spawnVm(folder);
  writeFileSync(join(folder, "agent.pid"), String(vm.pid));
  const early = await cameUp(vm, machine.name, folder, shared);
  const record = { ...machine, started: true };
  writeMachine(record);
  if (early === null) await finish(version, record);
  // Somebody else's guest has said that it is ready: ours comes up when it does.
  else
    spawn(process.execPath, [...process.execArgv, FINISHER, machine.name], { detached: true, stdio: "ignore" }).unref();
  return vm.pid ?? 0;
}

function spawnVm(folder: string): ChildProcess {
  const words = [BOOT, "_boot-vm", join(folder, "boot-config.json")];
  const late = fault("slow-start");
  const [program, ...script] =
    fault("failing-start") !== null
      ? // One process, as a VM is: whoever ends it leaves no other one.
        ["perl", "-e", "sleep while 1"]
      : late === null
        ? ["/bin/sh"]
        : ["/bin/sh", "-c", 'sleep "$0"; exec /bin/sh "$@"', String(late / 1000)];
  const vm = spawn(program ?? "", [...script, ...words], { detached: true, stdio: "ignore", env: ENV });
  vm.unref();
  return vm;
}

/**
 * Waits for the guest; `shared`: for any guest's word, as all had one marker until 1.2.5. Answers `early` for one that was
 * not this machine's. Throws when it never comes: the real one gives up after 30 s.
 */
async function cameUp(vm: ChildProcess, name: string, folder: string, shared: boolean): Promise<"early" | null> {
  const exited = once(vm, "exit").then(() => true);
  const failing = fault("failing-start");
  const deadline = Date.now() + (failing ?? 30_000);
  while (Date.now() < deadline) {
    if (runningOf(name) !== null) {
      mkdirSync(dirname(READY_MARKER), { recursive: true });
      writeFileSync(READY_MARKER, name);
      return null;
    }
    if (shared && existsSync(READY_MARKER)) return "early";
    if (await Promise.race([exited, delay(5, false)])) {
      throw failure(readFileSync(join(folder, "agent-console.log"), "utf8").trim());
    }
  }
  throw failure("the agent was not ready in time");
}

/** What a guest that has come up is still given: its main container and its network. */
export async function finish(version: string, machine: Machine): Promise<void> {
  const running = runningOf(machine.name);
  if (running === null) return;
  await startMain(version, machine, machineFolder(machine.name), running.guest);
  if (machine.network !== null) await relay(version, machine, machine.network, running);
}

async function relay(
  version: string,
  { name, ports }: Machine,
  network: NonNullable<Machine["network"]>,
  { pid, guest }: Running,
): Promise<void> {
  const rules = join(machineFolder(name), "network.json");
  writeFileSync(rules, JSON.stringify(rulesOf(version, network, ports)));
  // It ends with the VM process.
  const child = spawn("python3", [RELAY, rules, String(pid), String(guest)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: ENV,
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    words += piece;
  });
  const first = await Promise.race([
    once(child.stdout, "data").then(() => true),
    once(child, "close").then(() => false),
  ]);
  if (!first) throw failure(`network: ${words.trim().split("\n").at(-1) ?? ""}`);
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
}

export async function stop(version: string, asked: Asked): Promise<string> {
  const name = asked.values.get("name") ?? "default";
  if (readMachine(name) === null && asked.values.has("name") && !has(version, "stop-unknown"))
    throw new RuntimeError(`vm not found: ${name}`);
  const folder = machineFolder(name);
  const machine = readMachine(name);
  if (machine === null && name === "default") return `Stopping machine '${name}'...\nMachine '${name}' stopped\n`;
  const state = machine === null || isStopping(folder) ? "stopped" : stateOf(version, machine).state;
  return !isStopping(folder) && (await end(name, fault("slow-stop") === null))
    ? `Stopping machine '${name}'...\nStopped machine: ${name}\n`
    : `Machine '${name}' is not running (state: ${state})\n`;
}

export async function remove(version: string, asked: Asked): Promise<string> {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? "";
  knownMachine(name);
  if (!asked.flags.has("force") && has(version, "delete-asks")) {
    process.stderr.write(`Delete machine '${name}'? [y/N] `);
    const answer = existsSync("/dev/stdin") ? readFileSync(0, "utf8") : "";
    if (!/^y(?:es)?\n?$/i.test(answer)) return "Cancelled\n";
  }
  const said = existsSync(machineFolder(name)) ? `Cleaning up data directory for vm: ${name}\n` : "";
  // Before 0.8.1 the VM of a running machine lives on without a record; until 1.7.2 nobody waits for its end.
  if (!has(version, "delete-orphan")) await end(name, !has(version, "delete-early"));
  if (vmOf(machineFolder(name)) === null) removeMemory(machineFolder(name));
  else noteLostDisks(name);
  removeMachine(name);
  return `${said}Deleted machine: ${name}\n`;
}

/** `data-dir`: it answered for any name until 0.8.1. */
export function dataFolder(version: string, asked: Asked): string {
  const name = asked.values.get("name") ?? asked.positional.get("NAME") ?? "";
  if (atLeast(version, "0.8.1")) knownMachine(name);
  return `${machineFolder(name)}\n`;
}
