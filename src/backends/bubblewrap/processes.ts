import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { identify, signalProcess } from "../../host/process-identity.ts";

/** Rounds of SIGKILL outrun a fork bomb only within the pids limit; what is left then falls with the cage. */
const KILL_DEADLINE_MS = 2000;

/** All pids that the host sees. */
export function hostPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

export function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Processes in this pid namespace other than its init, named by identity; they may be gone a moment later. */
export function processesIn(pidNamespace: string, init: ProcessIdentity): ProcessIdentity[] {
  return hostPids()
    .filter((pid) => pid !== init.pid && readLink(`/proc/${pid}/ns/pid`) === pidNamespace)
    .map(identify)
    .filter((identity) => identity !== null);
}

/**
 * The host's ends of the ways into this pid namespace: nsenter(1), which waits for its child inside. An agent that runs
 * as an ordinary user may stop that child, the bwrap that let it in; nsenter then stops itself too.
 */
export function entrancesOf(pidNamespace: string): ProcessIdentity[] {
  return hostPids()
    .filter((pid) => readLink(`/proc/${pid}/ns/pid_for_children`) === pidNamespace)
    .filter((pid) => readLink(`/proc/${pid}/ns/pid`) !== pidNamespace)
    .map(identify)
    .filter((identity) => identity !== null);
}

/**
 * TERM to every process of the agent, KILL to what is left after `graceMs`. From outside, by the host's own view: a
 * helper inside could not start when the agent has used up its processes. Each pid is looked up again right before
 * its signal. What ignores TERM is asked again in the next round, not signalled: a process that is still entering
 * ignores it until the last step, and would lose the signal.
 */
export async function endProcesses(pidNamespace: string, init: ProcessIdentity, graceMs: number): Promise<void> {
  const asked = new Set<string>();
  const ask = (identity: ProcessIdentity): void => {
    const key = `${identity.pid} ${identity.startTime}`;
    if (asked.has(key) || ignoresTerm(identity.pid)) return;
    asked.add(key);
    signalProcess(identity, "SIGTERM");
  };
  if (await emptyWithin(pidNamespace, init, graceMs, ask)) return;
  await emptyWithin(pidNamespace, init, KILL_DEADLINE_MS, (identity) => signalProcess(identity, "SIGKILL"));
}

/** Bit 14 of SigIgn (proc_pid_status(5)); true for what is gone or cannot be read. */
function ignoresTerm(pid: number): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
    return ((BigInt(`0x${mask}`) >> 14n) & 1n) === 1n;
  } catch {
    return true;
  }
}

async function emptyWithin(
  pidNamespace: string,
  init: ProcessIdentity,
  ms: number,
  each: (identity: ProcessIdentity) => void,
): Promise<boolean> {
  const deadline = Date.now() + ms;
  for (;;) {
    const left = processesIn(pidNamespace, init);
    if (left.length === 0) {
      // What was stopped must see that its child has ended.
      for (const entrance of entrancesOf(pidNamespace)) signalProcess(entrance, "SIGCONT");
      return true;
    }
    left.forEach(each);
    if (Date.now() >= deadline) return false;
    await delay(10);
  }
}
