import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import type { Limits } from "../../core/model/plan.ts";
import { signalProcess } from "../../host/process-identity.ts";
import { killCage } from "./cage.ts";
import { processesIn } from "./processes.ts";

const EVERY_MS = 1000;

/** One process of a bottle, as measured. */
export interface Measured {
  readonly identity: ProcessIdentity;
  /** Anonymous memory in RAM, shared pages counted in full. */
  readonly memoryBytes: number;
  readonly threads: number;
}

/** Reads proc_pid_status(5); null when the process is gone. Pure. */
export function readUsage(status: string): Pick<Measured, "memoryBytes" | "threads"> | null {
  const threads = /^Threads:\s+(\d+)$/m.exec(status)?.[1];
  if (threads === undefined) return null;
  // A zombie has no memory, and no such line.
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? "0";
  return { memoryBytes: Number(anonymous) * 1024, threads: Number(threads) };
}

/** What to do about a bottle's processes: nothing, end the largest one, or end all. Pure. */
export function judgeUsage(
  processes: readonly Measured[],
  limits: Pick<Limits, "memoryBytes" | "pids">,
): { readonly end: "none" | "all" } | { readonly end: "largest"; readonly process: Measured } {
  const threads = processes.reduce((sum, one) => sum + one.threads, 0);
  // A fork bomb has no largest process.
  if (threads > limits.pids) return { end: "all" };
  const memory = processes.reduce((sum, one) => sum + one.memoryBytes, 0);
  if (memory <= limits.memoryBytes) return { end: "none" };
  const process = processes.reduce((largest, one) => (one.memoryBytes > largest.memoryBytes ? one : largest));
  return { end: "largest", process };
}

/**
 * Where no control group can be had: measures all processes of a bottle together, and ends what goes over the limits
 * (attack row 154; setrlimit(2) counts for each process alone). Between two looks a bottle may be over; cpu time is not
 * limited. `signal` ends the watch.
 */
export function watchLimits(
  cage: { readonly pidNamespace: string; readonly init: ProcessIdentity; readonly monitor: ProcessIdentity },
  limits: Pick<Limits, "memoryBytes" | "pids">,
  signal: AbortSignal,
): void {
  /** All were killed at the look before; what is over now outruns that. */
  let killed = false;
  const look = async (): Promise<void> => {
    const processes = processesIn(cage.pidNamespace, cage.init).flatMap((identity) => {
      const usage = readStatus(identity.pid);
      return usage === null ? [] : [{ identity, ...usage }];
    });
    const verdict = judgeUsage(processes, limits);
    const victims = verdict.end === "all" ? processes : verdict.end === "largest" ? [verdict.process] : [];
    for (const { identity } of victims) signalProcess(identity, "SIGKILL");
    if (verdict.end === "all" && killed) await killCage(cage.init, cage.monitor);
    killed = verdict.end === "all";
  };
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    if (signal.aborted) return;
    // A look that failed is followed by another.
    timer = setTimeout(
      () =>
        void look()
          .catch(() => {})
          .then(next),
      EVERY_MS,
    );
    timer.unref();
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  next();
}

function readStatus(pid: number): Pick<Measured, "memoryBytes" | "threads"> | null {
  try {
    return readUsage(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return null;
  }
}
