import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { programPath } from "../test/support/needs.ts";
import { type BenchOptions, type BenchSection, milliseconds, spread } from "./measure.ts";

const DEFAULT_COUNT = 10;

/** Kilobytes of proportional set size of a process (proc_pid_smaps_rollup(5)). */
function pssKib(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? Number.NaN);
}

interface Idle {
  readonly child: ChildProcess;
  readonly startMs: number;
}

/** Starts a bottle whose agent says `ready` and then waits; resolves at that word. */
function startIdle(root: string, name: string, workspace: string): Promise<Idle> {
  const started = performance.now();
  const child = spawn(
    join(root, "bottle"),
    ["start", "shell", workspace, "--rm", "--without-cgroup", "--name", name, "-p", "echo ready; exec sleep 600"],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: process.env,
    },
  );
  return new Promise((resolve, reject) => {
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    createInterface({ input: child.stdout }).once("line", () =>
      resolve({ child, startMs: performance.now() - started }),
    );
    child.once("exit", (code) => reject(new Error(`bottle ${name} ended with ${code}: ${errors.slice(-2000)}`)));
  });
}

/** Many idle bottles: what each costs on the host, and whether the last one starts as quickly as the first. */
export async function rows({ root, folder, words }: BenchOptions): Promise<BenchSection> {
  if (programPath("bwrap") === null)
    return { title: "Idle bottles", rows: [], notes: ["bubblewrap is not installed here."] };
  const count = Number(words.find((word) => /^\d+$/.test(word)) ?? DEFAULT_COUNT);
  const workspace = join(folder, "idle-workspace");
  mkdirSync(workspace);
  const idle: Idle[] = [];
  try {
    for (let n = 0; n < count; n++) idle.push(await startIdle(root, `bench-${process.pid}-${n}`, workspace));
    const listed = spawnSync(join(root, "bottle"), ["ls", "--running", "--format", "json"], {
      encoding: "utf8",
      env: process.env,
    });
    const answering: unknown = JSON.parse(listed.stdout);
    const alive = Array.isArray(answering) ? answering.length : Number.NaN;
    const pss = spread(idle.map(({ child }) => pssKib(child.pid ?? 0) / 1024));
    const edge = Math.max(1, Math.min(5, Math.floor(count / 2)));
    const early = spread(idle.slice(0, edge).map(({ startMs }) => startMs));
    const late = spread(idle.slice(-edge).map(({ startMs }) => startMs));
    return {
      title: "Idle bottles",
      rows: [
        {
          what: `host process of an idle bottle, ${count} at once`,
          value: `${pss.median.toFixed(1)} MiB PSS (${pss.low.toFixed(1)} to ${pss.high.toFixed(1)})`,
          budget: "<= 40 MiB at 50 bottles",
          n: count,
        },
        { what: `start, the first ${edge}`, value: milliseconds(early), n: edge },
        {
          what: `start, the last ${edge} of ${count}`,
          value: milliseconds(late),
          ratio: `${(late.median / early.median).toFixed(2)}x of the first`,
          budget: "<= 1.5x",
          n: edge,
        },
      ],
      notes: [
        `${alive} of ${count} answered \`bottle ls --running\` at the end. \`npm run bench -- 50\` starts fifty.`,
      ],
    };
  } finally {
    // Each by its own id; the bottles end in order and remove what they made.
    const ends = idle.map(({ child }) => new Promise((resolve) => child.once("close", resolve)));
    for (const { child } of idle) child.kill("SIGTERM");
    await Promise.all(ends);
  }
}
