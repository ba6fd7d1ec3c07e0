/** How busy a machine is. */
export interface MachineLoad {
  /** What programs can still take without swapping (proc_meminfo(5), MemAvailable). */
  readonly availableBytes: number;
  readonly totalBytes: number;
  /** Percent of the last ten seconds in which some process waited (kernel: accounting/psi); null: the kernel does not say. */
  readonly stalled: { readonly memory: number; readonly cpu: number } | null;
  /** Processes that ran or wanted to, mean of the last minute. */
  readonly loadAverage: number;
  readonly cpus: number;
}

/** A queue of bottles at one moment. */
export interface QueueState {
  /** Bottles of this queue that run. */
  readonly running: number;
  /** At most so many at once. */
  readonly parallel: number;
  /** What was available before the queue began. */
  readonly startBytes: number;
}

/** What one more bottle is expected to take where none has been seen: an idle agent takes less, one that compiles more. */
const FIRST_BYTES = 512 * 2 ** 20;
/** Kept free for everything else. */
const RESERVE = { bytes: 512 * 2 ** 20, share: 0.05 } as const;
/** Above these, another bottle makes all of them slower. */
const MEMORY_STALL = 10;
const CPU_STALL = 60;
/** Without the kernel's word: so many that want to run for each cpu. */
const LOAD_PER_CPU = 2;

/**
 * Why the next bottle of a queue has to wait; null: it may start. Memory is measured, and what the running ones have taken
 * says what another will. A busy cpu holds back only while a bottle of this queue runs, since whoever else is busy may
 * be so for ever. PURE.
 */
export function reasonToWait(load: MachineLoad, queue: QueueState): string | null {
  if (queue.running >= queue.parallel) return `${queue.running} of ${queue.parallel} run`;
  const wanted = expectedBytes(load, queue) + Math.max(RESERVE.bytes, load.totalBytes * RESERVE.share);
  if (load.availableBytes < wanted) {
    return `memory: ${mib(load.availableBytes)} free, ${mib(wanted)} wanted for one more bottle`;
  }
  if (load.stalled !== null && load.stalled.memory > MEMORY_STALL) {
    return `memory: processes waited for it in ${load.stalled.memory}% of the last 10 s`;
  }
  if (queue.running === 0) return null;
  if (load.stalled !== null) {
    return load.stalled.cpu > CPU_STALL
      ? `cpu: processes waited for it in ${load.stalled.cpu}% of the last 10 s`
      : null;
  }
  return load.loadAverage > LOAD_PER_CPU * load.cpus ? `cpu: load ${load.loadAverage} on ${load.cpus} cpus` : null;
}

function expectedBytes({ availableBytes }: MachineLoad, { running, startBytes }: QueueState): number {
  if (running === 0) return FIRST_BYTES;
  return Math.max(FIRST_BYTES, (startBytes - availableBytes) / running);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
