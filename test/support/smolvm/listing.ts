import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked } from "./clap.ts";
import { busy } from "./connections.ts";
import { fault } from "./faults.ts";
import { isStopping, runningOf, vmOf } from "./machines.ts";
import {
  allMachines,
  knownMachine,
  type Machine,
  machineFolder,
  RuntimeError,
  readMachine,
  sizesOf,
  touch,
} from "./store.ts";
import { atLeast } from "./version-order.ts";

export type State = "created" | "running" | "stopped" | "unreachable";

/** What a machine looks like to who asks for it: a guest that does not answer within 250 ms is unreachable. */
export function stateOf(version: string, machine: Machine): { readonly state: State; readonly pid: number | null } {
  const folder = machineFolder(machine.name);
  const running = runningOf(machine.name);
  if (running !== null && !isStopping(folder)) {
    return { state: busy(version, folder) ? "unreachable" : "running", pid: running.pid };
  }
  const pid = vmOf(folder);
  // One that comes up, or that failed to and was left.
  if (pid !== null && !isStopping(folder)) return { state: "unreachable", pid };
  if (fault("stale-running") !== null && machine.started) return { state: "running", pid: lastPid(folder) };
  return { state: machine.started ? "stopped" : "created", pid: null };
}

function lastPid(folder: string): number | null {
  try {
    return Number(readFileSync(join(folder, "agent.pid"), "utf8"));
  } catch {
    return null;
  }
}

/** Keys that came later: seen at that release, and not at the one before. */
const LATER: Readonly<Record<string, { readonly since: string; readonly of: (machine: Machine) => unknown }>> = {
  labels: { since: "1.8.0", of: ({ labels }) => labels },
  cuda: { since: "1.8.0", of: () => false },
  forkable: { since: "1.8.0", of: () => false },
  cuda_fork_pool_size: { since: "1.8.0", of: () => null },
  cuda_vram_limit_mib: { since: "1.8.0", of: () => null },
  forkpoint_held: { since: "1.7.2", of: () => false },
};

function describe(version: string, machine: Machine): Readonly<Record<string, unknown>> {
  const { name, cpus, mem, image, createdAt, network, volumes, ports, storage, overlay, config } = machine;
  const { source, workload } = machine;
  const { state, pid } = stateOf(version, machine);
  return {
    ...{ name, state, cpus, memory_mib: mem, pid, mounts: volumes.length, ports: ports.length },
    ...{ created_at: createdAt, storage_gb: storage, overlay_gb: overlay, image },
    // What a saved image would run is not known before it is unpacked.
    entrypoint: source.kind === "pack" ? (config.Entrypoint ?? []) : [],
    cmd: workload.length > 0 ? workload : source.kind === "pack" ? (config.Cmd ?? []) : [],
    ...{ ephemeral: false, gpu: false, gpu_vram_mib: null },
    ...{ restart_policy: "never", restart_max_retries: 0, restart_count: 0, health_cmd: null },
    ...{ health_interval_secs: null, health_timeout_secs: null, health_retries: null, health_startup_grace_secs: null },
    network: network !== null,
    ...Object.fromEntries(
      Object.entries(LATER).flatMap(([key, { since, of }]) => (atLeast(version, since) ? [[key, of(machine)]] : [])),
    ),
  };
}

export function ls(version: string, asked: Asked): string {
  const all = allMachines();
  if (asked.flags.has("json")) {
    return `${JSON.stringify(
      all.map((machine) => describe(version, machine)),
      null,
      2,
    )}\n`;
  }
  if (all.length === 0) return "No machines found\n";
  const rows = all.map((machine) => {
    const row = `${rowOf(version, machine)}\n`;
    return asked.flags.has("verbose")
      ? `${row}${detailsOf(machine)
          .map((line) => `  ${line}\n`)
          .join("")}\n`
      : row;
  });
  return `${HEAD}\n${"-".repeat(HEAD.length + 4)}\n${rows.join("")}`;
}

const HEAD = "NAME                 STATE         CPUS     MEMORY  MOUNTS   PORTS  STORAGE  OVERLAY";

function rowOf(version: string, machine: Machine): string {
  const { name, cpus, mem, volumes, ports } = machine;
  const { storage, overlay } = sizesOf(machine);
  const short = name.length > 18 ? `${name.slice(0, 15)}...` : name;
  const numbers = [`${cpus}`.padStart(5), `${mem} MiB`.padStart(10), `${volumes.length}`.padStart(7)];
  const disks = [`${ports.length}`.padStart(7), `${storage} GiB`.padStart(8), `${overlay} GiB`.padStart(8)];
  return [short.padEnd(20), stateOf(version, machine).state.padEnd(12), ...numbers, ...disks].join(" ");
}

/** Values of the environment are shown in clear. */
function detailsOf({ volumes, ports, env, workdir, createdAt }: Machine): string[] {
  const volume = (text: string) => {
    const [host, guest, mode] = text.split(":");
    return `Mount: ${host} -> ${guest}${mode === "ro" ? " (ro)" : ""}`;
  };
  return [
    ...volumes.map(volume),
    ...ports.map((port) => `Port: ${port.replace(":", " -> ")}`),
    ...env.map((text) => `Env: ${text}`),
    ...(workdir === null ? [] : [`Workdir: ${workdir}`]),
    `Created: ${new Date(createdAt * 1000).toISOString().replace(".000", "")}`,
  ];
}

export function status(version: string, asked: Asked): string {
  const name = asked.values.get("name") ?? "default";
  const json = asked.flags.has("json");
  if (readMachine(name) === null) {
    if (json) throw new RuntimeError(`config operation failed: machine status: machine '${name}' not found`);
    if (!asked.values.has("name")) return "Machine 'default': not running\n";
  }
  const machine = knownMachine(name);
  touch(name);
  if (json) return `${JSON.stringify(describe(version, machine), null, 2)}\n`;
  const { state, pid } = stateOf(version, machine);
  return `Machine '${machine.name}': ${state === "running" ? `running (PID ${pid})` : state}\n`;
}
