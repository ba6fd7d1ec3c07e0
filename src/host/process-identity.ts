import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";

/** Set in the flags of a process that is on its way out (include/linux/sched.h); it runs nothing any more. */
const PF_EXITING = 0x4;

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Field 22: clock ticks after boot. */
  readonly startTime: number;
  /** A zombie: only its exit code is left. */
  readonly dead: boolean;
  /** On its way out, which may take a while for the init of a pid namespace: it kills all others first. */
  readonly exiting: boolean;
}

let bootIdOnce: string | undefined;

/** The kernel's random id of this boot, without which a start time means nothing. */
export function bootId(): string {
  bootIdOnce ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return bootIdOnce;
}

/** Reads /proc/PID/stat (proc(5)); null when there is no such process. The name may hold anything, also `)`. */
export function readProcess(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const startTime = Number(fields[19]);
  if (state === undefined || parent === undefined || !Number.isSafeInteger(startTime)) return null;
  return {
    pid,
    parent: Number(parent),
    startTime,
    dead: state === "Z" || state === "X",
    exiting: (Number(fields[6]) & PF_EXITING) !== 0,
  };
}

/** This process. Errors: INVARIANT where /proc does not know it. */
export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (identity === null) throw new BottleError("INVARIANT", "this process cannot be found in /proc");
  return identity;
}

/** Names a process so that a recycled pid is never mistaken for it; null when it has ended. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readProcess(pid);
  if (stat === null || stat.dead || stat.exiting) return null;
  return { pid, startTime: stat.startTime, bootId: bootId() };
}

function find(identity: ProcessIdentity): ProcessStat | null {
  if (identity.bootId !== bootId()) return null;
  const stat = readProcess(identity.pid);
  return stat !== null && stat.startTime === identity.startTime ? stat : null;
}

/** True while exactly this process runs: same pid, same start, same boot, and not on its way out. */
export function isRunning(identity: ProcessIdentity): boolean {
  const stat = find(identity);
  return stat !== null && !stat.dead && !stat.exiting;
}

/** True until exactly this process has ended altogether; a zombie has. */
export function isPresent(identity: ProcessIdentity): boolean {
  const stat = find(identity);
  return stat !== null && !stat.dead;
}

/** Signals exactly this process; false when it has ended or another one has its pid. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isPresent(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}
