import { spawn } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fault } from "./faults.ts";
import { removeMemory } from "./memory.ts";
import { machineFolder } from "./store.ts";

/** The VM process of a machine, and the guest's first process in it. */
export interface Running {
  readonly pid: number;
  readonly guest: number;
}

/** The VM process of the machine in `folder`, whether its guest is up or not; null: there is none. */
export function vmOf(folder: string): number | null {
  try {
    const pid = Number(readFileSync(join(folder, "agent.pid"), "utf8"));
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${folder}/boot-config.json`) && alive(pid)
      ? pid
      : null;
  } catch {
    return null;
  }
}

export function runningOf(name: string): Running | null {
  const folder = machineFolder(name);
  const pid = vmOf(folder);
  if (pid === null) return null;
  try {
    const info = JSON.parse(readFileSync(join(folder, "guest-info"), "utf8")) as { "child-pid": number };
    // Until it has become the idle one, the guest is still being made.
    const idle = readFileSync(`/proc/${info["child-pid"]}/comm`, "utf8") === "sleep\n";
    return idle ? { pid, guest: info["child-pid"] } : null;
  } catch {
    return null;
  }
}

const stopping = (folder: string): string => join(folder, "stopping");

/** Has a stop said that it is done while its VM process still lives? */
export function isStopping(folder: string): boolean {
  try {
    return readFileSync(stopping(folder), "utf8") === String(vmOf(folder));
  } catch {
    return false;
  }
}

/** Kills the VM of a machine, and waits for its end if `wait`. False: it had none. */
export async function end(name: string, wait: boolean): Promise<boolean> {
  const folder = machineFolder(name);
  const pid = vmOf(folder);
  if (pid === null) return false;
  const guest = runningOf(name)?.guest;
  const late = fault("slow-stop");
  if (late !== null) {
    writeFileSync(stopping(folder), String(pid));
    const killer = spawn("/bin/sh", ["-c", 'sleep "$0"; kill -9 "-$1"', String(late / 1000), String(pid)], {
      detached: true,
      stdio: "ignore",
    });
    killer.unref();
  } else {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
  if (!wait) return true;
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

/** How many clients of a machine's agent live. */
export function connections(folder: string): number {
  const places = globSync("*", { cwd: join(folder, "connections") });
  return places.filter((pid) => {
    if (alive(Number(pid))) return true;
    rmSync(join(folder, "connections", pid), { force: true });
    return false;
  }).length;
}
