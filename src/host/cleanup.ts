/** What could not be undone. */
export interface CleanupFailure {
  readonly name: string;
  readonly error: unknown;
}

/**
 * Undo steps, run last in, first out. Each is registered in the same breath as its do; all run whatever
 * fails, each bounded in time; failures are collected, none masks another.
 */
export class Cleanup {
  readonly #steps: { name: string; undo: () => Promise<void> | void }[] = [];
  readonly #stepTimeoutMs: number;
  #running: Promise<readonly CleanupFailure[]> | null = null;

  constructor(stepTimeoutMs = 10_000) {
    this.#stepTimeoutMs = stepTimeoutMs;
  }

  push(name: string, undo: () => Promise<void> | void): void {
    this.#steps.push({ name, undo });
  }

  /** Runs what is registered, once; a second call (a second signal) joins the first. */
  run(): Promise<readonly CleanupFailure[]> {
    this.#running ??= this.#unwind();
    return this.#running;
  }

  async #unwind(): Promise<readonly CleanupFailure[]> {
    const failures: CleanupFailure[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name, undo } = step;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${name}: not undone in ${this.#stepTimeoutMs} ms`)),
          this.#stepTimeoutMs,
        );
      });
      try {
        await Promise.race([Promise.resolve().then(undo), late]);
      } catch (error) {
        failures.push({ name, error });
      } finally {
        clearTimeout(timer);
      }
    }
    return failures;
  }
}

/**
 * As Promise.all, but rejects only when all have settled: what still runs would otherwise make things while they are
 * being undone.
 */
export async function allOrNone<T extends readonly unknown[]>(
  work: readonly [...{ [K in keyof T]: T[K] | Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as T;
}
