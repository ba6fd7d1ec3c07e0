import { readdirSync, readlinkSync } from "node:fs";
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
 * TERM to every process of the agent, KILL to what is left after `graceMs`. From outside, by the host's own view: a
 * helper inside could not start when the agent has used up its processes. Each pid is looked up again right before
 * its signal. The entering bwrap is spared at first: with it, its child would die at once.
 */
export async function endProcesses(pidNamespace: string, init: ProcessIdentity, graceMs: number): Promise<void> {
  for (const identity of processesIn(pidNamespace, init)) {
    if (!readLink(`/proc/${identity.pid}/exe`)?.endsWith("/bwrap")) signalProcess(identity, "SIGTERM");
  }
  if (await emptyWithin(pidNamespace, init, graceMs, () => {})) return;
  await emptyWithin(pidNamespace, init, KILL_DEADLINE_MS, (identity) => signalProcess(identity, "SIGKILL"));
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
    if (left.length === 0) return true;
    left.forEach(each);
    if (Date.now() >= deadline) return false;
    await delay(10);
  }
}
