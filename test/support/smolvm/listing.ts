import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked } from "./clap.ts";
import { fault } from "./faults.ts";
import { connections, isStopping, runningOf, vmOf } from "./machines.ts";
import { has } from "./quirks.ts";
import { allMachines, knownMachine, type Machine, machineFolder } from "./store.ts";
import { atLeast } from "./version-order.ts";

/** The agent in the guest serves so many clients (issue 199 of the real one); the next one waits. */
const CLIENTS = 8;

export type State = "created" | "running" | "stopped" | "failed" | "unreachable";

/** What a machine looks like to who asks for it: a guest that does not answer within 250 ms is unreachable. */
export function stateOf(version: string, machine: Machine): { readonly state: State; readonly pid: number | null } {
  const folder = machineFolder(machine.name);
  const running = runningOf(machine.name);
  if (running !== null && !isStopping(folder)) {
    const busy = has(version, "eight-clients") && connections(folder) >= CLIENTS;
    return { state: busy || fault("unreachable") !== null ? "unreachable" : "running", pid: running.pid };
  }
  const pid = vmOf(folder);
  // One that comes up, or that failed to and was left.
  if (pid !== null && !isStopping(folder)) return { state: "unreachable", pid };
  if (fault("stale-running") !== null && machine.started) return { state: "running", pid: lastPid(folder) };
  return { state: machine.failed === true ? "failed" : machine.started ? "stopped" : "created", pid: null };
}

function lastPid(folder: string): number | null {
  try {
    return Number(readFileSync(join(folder, "agent.pid"), "utf8"));
  } catch {
    return null;
  }
}

/** Keys that came later (src/cli/machine.rs at that tag, or at the last one that was read). */
const LATER: Readonly<Record<string, { readonly since: string; readonly of: (machine: Machine) => unknown }>> = {
  labels: { since: "1.8.0", of: ({ labels }) => labels },
  cuda: { since: "1.9.3", of: () => false },
  forkable: { since: "1.9.3", of: () => false },
  cuda_fork_pool_size: { since: "1.9.3", of: () => null },
  cuda_vram_limit_mib: { since: "1.9.3", of: () => null },
  forkpoint_held: { since: "1.9.3", of: () => false },
};

function describe(version: string, machine: Machine): Readonly<Record<string, unknown>> {
  const { name, cpus, mem, image, createdAt, network, volumes, ports, storage, overlay, config } = machine;
  const { state, pid } = stateOf(version, machine);
  return {
    ...{ name, state, cpus, memory_mib: mem, pid, mounts: volumes.length, ports: ports.length },
    ...{ created_at: createdAt, storage_gb: storage, overlay_gb: overlay, image },
    ...{ entrypoint: config.Entrypoint ?? [], cmd: config.Cmd ?? [], ephemeral: false, gpu: false, gpu_vram_mib: null },
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
  return all
    .map((machine) => {
      const line = `${machine.name.slice(0, 18).padEnd(20)}${stateOf(version, machine).state}\n`;
      // Values of the environment are shown in clear.
      return asked.flags.has("verbose") ? `${line}${machine.env.map((text) => `  ${text}\n`).join("")}` : line;
    })
    .join("");
}

export function status(version: string, asked: Asked): string {
  const machine = knownMachine(asked.values.get("name") ?? "default");
  if (asked.flags.has("json")) return `${JSON.stringify(describe(version, machine), null, 2)}\n`;
  const { state, pid } = stateOf(version, machine);
  return `Machine '${machine.name}': ${state === "running" ? `running (PID ${pid})` : "not running"}\n`;
}
