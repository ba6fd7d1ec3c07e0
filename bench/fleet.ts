import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MODEL_HOST, startStandIn } from "../src/demo/stand-in.ts";
import { machineLoad } from "../src/host/machine-load.ts";
import { claudeBinary, programPath } from "../test/support/needs.ts";
import {
  type BenchOptions,
  type BenchRow,
  type BenchSection,
  milliseconds,
  type Spread,
  spread,
  time,
} from "./measure.ts";

/** As many bottles at once as somebody has; `npm run bench -- fleet 50` makes the last one fifty. */
const COUNTS = [1, 10, 50];
const DEFAULT_MOST = 10;
/** After the last start, until programs have done what they do at first. */
const SETTLE_MS = 15_000;
/** How long the processors are watched. */
const WATCH_MS = 10_000;
/** No more bottles once the machine has less: figures of a machine that swaps are of no use. */
const LEAST_BYTES = 3 * 2 ** 30;
/** Clock ticks a second in /proc/PID/stat, on every Linux that Node runs on (proc(5)). */
const TICKS = 100;

const TOKEN = `sk-ant-oat01-${"b".repeat(93)}AA`;

interface Kind {
  /** As a word of the command line, which leaves out the others. */
  readonly word: string;
  readonly what: string;
  /** Words after `bottle start`. */
  readonly words: readonly string[];
  /** Names of the agent's first process (proc_pid_comm(5)). */
  readonly agent: readonly string[];
}

const SLEEP: Kind = { word: "sleep", what: "sleep", words: ["shell", "-p", "exec sleep 3600"], agent: ["sleep"] };
const CLAUDE: Kind = { word: "claude", what: "Claude Code at its prompt", words: ["claude"], agent: ["claude"] };

/** What one bottle is made of on the host. */
interface Sample {
  readonly ours: readonly number[];
  readonly agent: readonly number[];
}

/** Start time, memory and idle cpu of detached bottles, ours and the agent's own apart. */
export async function rows(options: BenchOptions): Promise<BenchSection> {
  const { folder, words } = options;
  const named = [SLEEP, CLAUDE].filter(({ word }) => words.includes(word));
  const title = named.length === 1 ? `Detached bottles: ${named[0]?.what}` : "Detached bottles";
  if (programPath("bwrap") === null) return { title, rows: [], notes: ["bubblewrap is not installed here."] };
  const most = Number(words.find((word) => /^\d+$/.test(word)) ?? DEFAULT_MOST);
  const workspace = join(folder, "fleet-workspace");
  mkdirSync(workspace);
  const socketPath = join(folder, "model.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${TOKEN}`, scenes: [] });
  const lines: BenchRow[] = [];
  const notes: string[] = [];
  try {
    useStandIn(folder, socketPath, standIn.caPem);
    const claude = claudeBinary() !== null && programPath("tmux") !== null;
    if (!claude) notes.push("Claude Code or tmux is not installed here.");
    const kinds = named.length > 0 ? named : [SLEEP, CLAUDE];
    for (const kind of claude ? kinds : kinds.filter((candidate) => candidate !== CLAUDE)) {
      for (const count of COUNTS.filter((candidate) => candidate <= most)) {
        const measured = await measure(kind, count, workspace, options);
        lines.push(...measured.rows);
        notes.push(...measured.notes);
      }
    }
  } finally {
    await standIn.close();
  }
  notes.push(
    "Memory is the proportional set size (smaps_rollup). Ours: host process, terminal holder, relay, cage and its door; the agent's: its own processes. cpu is of one processor.",
  );
  return { title, rows: lines, notes };
}

/** The gateway dials a stand-in of ours, never the model's own host. */
function useStandIn(folder: string, socketPath: string, caPem: string): void {
  const ca = join(folder, "model-ca.pem");
  writeFileSync(ca, caPem);
  const dial = { unix: socketPath, ca };
  const body = { shape: "anthropic-messages" };
  const rules = [{ host: MODEL_HOST, methods: ["POST"], paths: ["/v1/messages"], body, dial }];
  const place = join(folder, "config", "bot-bottle");
  mkdirSync(place, { recursive: true, mode: 0o700 });
  writeFileSync(join(place, "bot-bottle.json"), JSON.stringify({ bottles: { default: { egress: { rules } } } }));
}

async function measure(
  kind: Kind,
  count: number,
  workspace: string,
  { root, say }: BenchOptions,
): Promise<{ readonly rows: readonly BenchRow[]; readonly notes: readonly string[] }> {
  const bottle = join(root, "bottle");
  const env = { ...process.env, CLAUDE_CODE_OAUTH_TOKEN: TOKEN };
  const [agent = "", ...rest] = kind.words;
  const names: string[] = [];
  const starts: number[] = [];
  const notes: string[] = [];
  const start = async (name: string) =>
    (await time([bottle, "start", agent, workspace, "-d", "--without-cgroup", "--name", name, ...rest], { env }))
      .totalMs;
  try {
    // Fills the cache of compiled code, as any start before does: without it the first process is larger and slower.
    names.push(`fleet-${process.pid}-warm`);
    await start(names[0] ?? "");
    end(bottle, names.splice(0), env);
    for (let n = 0; n < count; n++) {
      if (machineLoad().availableBytes < LEAST_BYTES) {
        notes.push(`${kind.what}: ended at ${n} bottles, since the machine has no more memory.`);
        break;
      }
      const name = `fleet-${process.pid}-${names.length}`;
      starts.push(await start(name));
      names.push(name);
    }
    say(`${kind.what}: ${names.length} run`);
    await delay(SETTLE_MS);
    const before = names.map((name) => sampleOf(name, kind, ticksOf));
    await delay(WATCH_MS);
    const after = names.map((name) => sampleOf(name, kind, ticksOf));
    const memory = names.map((name) => sampleOf(name, kind, pssMib));
    const answers: number[] = [];
    for (const name of names) answers.push((await time([bottle, "exec", name, "true"], { env })).totalMs);
    const share = (part: keyof Sample) =>
      spread(
        names.map((_, index) => ((sum(after[index]?.[part]) - sum(before[index]?.[part])) / TICKS / WATCH_MS) * 1e5),
      );
    const what = `${kind.what}, ${names.length} at once`;
    const n = names.length;
    return {
      rows: [
        { what: `${what}: start until the agent runs`, value: milliseconds(spread(starts)), n },
        ...lastStarts(what, starts),
        {
          what: `${what}: memory of ours for each`,
          value: mib(spread(memory.map(({ ours }) => sum(ours)))),
          budget: "<= 40 MiB at 50 bottles",
          n,
        },
        {
          what: `${what}: of that the host process`,
          value: mib(spread(memory.map(({ ours: [host = 0] }) => host))),
          n,
        },
        { what: `${what}: memory of the agent`, value: mib(spread(memory.map((sample) => sum(sample.agent)))), n },
        {
          what: `${what}: idle cpu of ours, of the agent`,
          value: `${percent(share("ours"))}, ${percent(share("agent"))}`,
          n,
        },
        {
          what: `${what}: \`bottle exec\` of \`true\` in each`,
          value: milliseconds(spread(answers)),
          ratio: `${answers.length} of ${n} answer`,
          ...(n > 10 && { budget: "all" }),
          n,
        },
      ],
      notes,
    };
  } finally {
    end(bottle, names, env);
  }
}

function end(bottle: string, names: readonly string[], env: NodeJS.ProcessEnv): void {
  if (names.length === 0) return;
  spawnSync(bottle, ["stop", "--grace", "2", ...names], { env, stdio: "ignore" });
  spawnSync(bottle, ["rm", "--discard", ...names], { env, stdio: "ignore" });
}

/** Does the last one start as quickly as the first? */
function lastStarts(what: string, starts: readonly number[]): readonly BenchRow[] {
  const edge = Math.min(5, Math.floor(starts.length / 2));
  if (edge === 0) return [];
  const late = spread(starts.slice(-edge));
  const ratio = late.median / spread(starts.slice(0, edge)).median;
  return [
    {
      what: `${what}: start of the last ${edge}`,
      value: milliseconds(late),
      ratio: `${ratio.toFixed(2)}x of the first ${edge}`,
      budget: "<= 1.5x",
      n: edge,
    },
  ];
}

/** One figure of each process of a bottle: all that descend from its host process. */
function sampleOf(name: string, { agent }: Kind, figure: (pid: number) => number): Sample {
  const file = join(process.env.XDG_STATE_HOME ?? "", "bot-bottle/bottles", name, "record.json");
  const { host } = JSON.parse(readFileSync(file, "utf8")) as { host: { pid: number } };
  const children = childrenByParent();
  const ours: number[] = [];
  const theirs: number[] = [];
  const walk = (pid: number, inside: boolean): void => {
    const own = inside || agent.includes(read(`/proc/${pid}/comm`).trim());
    (own ? theirs : ours).push(figure(pid));
    for (const child of children.get(pid) ?? []) walk(child, own);
  };
  walk(host.pid, false);
  return { ours, agent: theirs };
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(fieldsOf(Number(entry))[1]);
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  return children;
}

/** Fields of /proc/PID/stat from the third on: state, parent, ... */
function fieldsOf(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Of user and system, in clock ticks. */
function ticksOf(pid: number): number {
  const fields = fieldsOf(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function pssMib(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function sum(figures: readonly number[] = []): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

const mib = ({ median, low, high }: Spread): string =>
  `${median.toFixed(1)} MiB PSS (${low.toFixed(1)} to ${high.toFixed(1)})`;
const percent = ({ median }: Spread): string => `${median.toFixed(2)}%`;
