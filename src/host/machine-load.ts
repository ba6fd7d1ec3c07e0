import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { MachineLoad } from "../core/plan/load.ts";

/** Measures this machine; `proc` is where proc(5) is mounted. What cannot be read holds nothing back. */
export function machineLoad(proc = "/proc"): MachineLoad {
  const memory = read(`${proc}/meminfo`);
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(memory)?.[1] ?? Number.NaN) * 1024;
  const available = kib("MemAvailable");
  const memoryStall = someAverage(read(`${proc}/pressure/memory`));
  const cpuStall = someAverage(read(`${proc}/pressure/cpu`));
  return {
    availableBytes: Number.isNaN(available) ? Number.MAX_SAFE_INTEGER : available,
    totalBytes: kib("MemTotal") || 0,
    stalled: memoryStall === null || cpuStall === null ? null : { memory: memoryStall, cpu: cpuStall },
    loadAverage: Number(read(`${proc}/loadavg`).split(" ")[0]) || 0,
    cpus: availableParallelism(),
  };
}

/** `some avg10=1.23 ...` */
function someAverage(text: string): number | null {
  const found = /^some avg10=(\d+(?:\.\d+)?)/m.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

/** Also empty where the kernel was started without pressure accounting: the file is there, and reading it fails. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
