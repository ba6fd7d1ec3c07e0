import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Names in the environment of each process which bottle, and which command of it, it belongs to. */
export const TAG = "BOT_BOTTLE_MEMORY";

/** Living processes with this variable in their environment, whatever session they went to. */
export function tagged(value: string): readonly number[] {
  const word = `${TAG}=${value}`;
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
      return words.some((text) => text === word || text.startsWith(`${word}.`)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/**
 * TERM, then KILL to those that are still there after `graceMs`. `entering`: how many commands have not ended. A process
 * shows no environment while it becomes another program: it is told as soon as it does.
 */
export async function endTagged(value: string, graceMs: number, entering: () => number = () => 0): Promise<void> {
  const deadline = Date.now() + graceMs;
  const told = new Set<number>();
  for (;;) {
    const left = tagged(value);
    if (left.length === 0 && entering() === 0) return;
    if (Date.now() >= deadline) signal(left, "SIGKILL");
    else {
      const fresh = left.filter((pid) => !told.has(pid));
      signal(fresh, "SIGTERM");
      for (const pid of fresh) told.add(pid);
    }
    await delay(5);
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  }
}
