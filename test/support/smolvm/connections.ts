import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fault } from "./faults.ts";
import { has } from "./quirks.ts";

/** The agent in the guest serves so many clients (issue 199); the next one waits, and starves the probe of its state. */
const SERVED = 8;

const places = (folder: string): string => join(folder, "connections");

/** Processes that are clients of a machine's agent or wait to be, first come first: a file each, named by its pid. */
function clients(folder: string): number[] {
  let names: string[];
  try {
    names = readdirSync(places(folder));
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const place = join(places(folder), name);
      const stat = statSync(place, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined) return [];
      if (alive(Number(name))) return [{ pid: Number(name), since: stat.mtimeNs }];
      rmSync(place, { force: true });
      return [];
    })
    .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.pid - b.pid))
    .map(({ pid }) => pid);
}

function alive(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits to be served; answers what ends that. */
export async function connect(version: string, folder: string): Promise<() => void> {
  mkdirSync(places(folder), { recursive: true });
  const place = join(places(folder), String(process.pid));
  writeFileSync(place, "");
  while (has(version, "eight-clients") && clients(folder).indexOf(process.pid) >= SERVED) await delay(10);
  return () => rmSync(place, { force: true });
}

/** Does the machine in this folder look `unreachable`: nobody answers whether it runs. */
export function busy(version: string, folder: string): boolean {
  return fault("unreachable") !== null || (has(version, "eight-clients") && clients(folder).length >= SERVED);
}
