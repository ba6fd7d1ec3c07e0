import { type SpawnOptions, spawn } from "node:child_process";

/** One line of docs/benchmarks.md. */
export interface BenchRow {
  readonly what: string;
  /** The figure with its unit, e.g. `132 ms (128 to 151)`. */
  readonly value: string;
  /** Against what in the same run, e.g. `1.4x of bare node`. */
  readonly ratio?: string;
  readonly budget?: string;
  /** How many samples. */
  readonly n: number;
}

/** Every file of bench/ exports `rows` with this shape; one that cannot run here gives no rows and says why. */
export interface BenchSection {
  readonly title: string;
  readonly rows: readonly BenchRow[];
  /** What a reader needs to know to read the figures; also why rows are missing. */
  readonly notes: readonly string[];
}

export type Bench = (options: BenchOptions) => Promise<BenchSection>;

export interface BenchOptions {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** A folder of this run's own, removed afterwards. */
  readonly folder: string;
  /** Words of the command line: `srt` fetches the comparison, a number is how many bottles at once. */
  readonly words: readonly string[];
  readonly say: (line: string) => void;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** Median, and the 10th and 90th percentile. */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.1), high: at(0.9), n: sorted.length };
}

export function milliseconds({ median, low, high }: Spread): string {
  return `${median.toFixed(0)} ms (${low.toFixed(0)} to ${high.toFixed(0)})`;
}

export interface Timing {
  /** From spawn to the first byte on stdout; NaN when none came. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** Runs a command once and times it. Rejects when it does not end with 0. */
export function time(argv: readonly string[], options: SpawnOptions): Promise<Timing> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let firstByteMs = Number.NaN;
    let errors = "";
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout?.once("data", () => {
      firstByteMs = performance.now() - started;
    });
    child.stdout?.resume();
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => {
      const totalMs = performance.now() - started;
      if (code === 0) resolve({ firstByteMs, totalMs });
      else reject(new Error(`${argv.join(" ")} ended with ${code}: ${errors.slice(-2000)}`));
    });
  });
}

export interface Contestant {
  readonly argv: readonly string[];
  readonly options: SpawnOptions;
}

/** Times several commands in turns, so that a noisy moment hits all of them; the first `warm` rounds do not count. */
export async function inTurns<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  n: number,
  warm: number,
): Promise<Readonly<Record<Name, readonly Timing[]>>> {
  const names = Object.keys(contestants) as Name[];
  const timings = Object.fromEntries(names.map((name) => [name, [] as Timing[]])) as Record<Name, Timing[]>;
  for (let round = 0; round < n + warm; round++) {
    for (const name of names) {
      const { argv, options } = contestants[name];
      const timing = await time(argv, options);
      if (round >= warm) timings[name].push(timing);
    }
  }
  return timings;
}
