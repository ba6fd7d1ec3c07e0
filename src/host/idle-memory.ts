/** How often this process looks whether it rests. */
const LOOK_MS = 5_000;
/** Of one processor; less is rest. A bottle whose agent waits for its operator takes a tenth of that. */
const REST_SHARE = 0.02;
/** Work since the last time that makes another worth its 30 ms: a start is 400. */
const WORK_MS = 200;

/**
 * Gives memory back to the machine each time this process rests after work: V8 keeps what a start and each burst of
 * traffic left, a quarter of an idle bottle, until it needs room. Ends with the disposal; keeps no process alive.
 */
export function returnIdleMemory(): Disposable {
  const due = restAfterWork(cpuMs());
  const timer = setInterval(() => {
    if (!due(cpuMs(), LOOK_MS)) return;
    // A Node that cannot keeps its memory; nothing else depends on it.
    const done = () => void due(cpuMs(), 0);
    collect().then(done, done);
  }, LOOK_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Of all threads since the process began. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * PURE but for what it remembers. Told the processor time used so far and how long ago it was last told (0: just after a
 * collection, whose own time is no work), it answers whether a rest has begun that has work before it. All until `begin`
 * is work.
 */
export function restAfterWork(begin: number): (cpu: number, elapsed: number) => boolean {
  let collected = 0;
  let last = begin;
  return (cpu, elapsed) => {
    if (elapsed === 0) collected = cpu;
    const rests = elapsed > 0 && cpu - last < elapsed * REST_SHARE;
    last = cpu;
    return rests && cpu - collected > WORK_MS;
  };
}

/**
 * Frees all that nobody refers to any more, and hands empty pages to the kernel. Not by `--expose-gc` at the start: Node's own
 * cached code is not valid with that flag, which costs more than is won here. Not by `node:inspector`: its session
 * waits for itself for ever when it is closed by who was just told that the collection is done.
 */
export async function collect(): Promise<void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
  // Seen by new contexts only. What is loaded later from the compile cache must find the flags as they were.
  setFlagsFromString("--expose-gc");
  try {
    runInNewContext("gc")({ type: "major", execution: "sync", flavor: "last-resort" });
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
