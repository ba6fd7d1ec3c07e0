import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { loadBackend } from "../backends/builtins.ts";
import { BottleError } from "../core/model/errors.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import { parseTasks, type Task, type TaskProblem } from "../core/plan/tasks.ts";
import { printableJson } from "../core/wire/printable.ts";
import { readTextFile } from "../host/files.ts";
import { machineLoad } from "../host/machine-load.ts";
import type { SessionContext } from "../session/context.ts";
import { recordOrLast, untilEnded } from "../session/ending.ts";
import { prepare } from "../session/prepare.ts";
import { removeBottle } from "../session/removal.ts";
import { resumablePlan } from "../session/resumable.ts";
import { settleLost } from "../session/settlement.ts";
import { runQueue, type TaskResult, type TaskState } from "../session/task-queue.ts";
import { stateOf } from "../state/bottle-state.ts";
import type { Layout } from "../state/layout.ts";
import { findBottle } from "../state/records.ts";
import { detach, resumeDetached } from "./detached.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { startRequest } from "./start-words.ts";
import { table } from "./table.ts";
import { flag, text, texts, type VerbInput } from "./verb.ts";

/** On every bottle of a list: which task it is, so that the same list goes on where it was left. */
const TASK_LABEL = "bot-bottle/task";
const MAX_BYTES = 64 << 20;
const MOST_PARALLEL = 1000;
/** After Ctrl-C, as of every program. */
const INTERRUPTED = 130;
const SOME_FAILED = 1;

/** A task with its bottle's name and the command line that starts it. */
interface ReadyTask {
  readonly line: number;
  readonly name: string;
  readonly key: string;
  readonly input: VerbInput;
}

/** `bottle start [AGENT] --from FILE`: a bottle for each line, a few at once, as the machine can take them. */
export async function startFrom(input: VerbInput, io: Io): Promise<number> {
  const file = text(input, "from") ?? "";
  refuseMeaningless(input);
  const parallel = parallelOf(input);
  const context = sessionContext(io);
  const tasks = await readTasks(file, input, context, io);
  if (flag(input, "dryRun")) {
    show(await Promise.all(tasks.map((task) => standing(task, context.layout))), text(input, "format") === "json", io);
    return 0;
  }
  const results = await runQueue(tasks, {
    parallel,
    load: () => machineLoad(),
    state: (task) => taskState(task, context.layout),
    begin: async (task, again) => {
      const goesOn = again && (await clearTheWay(task.name, context));
      if (goesOn) await resumeDetached(task.name, io);
      else await detach("start", task.input, io);
    },
    ended: async ({ name }) => untilEnded(await recordOrLast(name, context.layout), context),
    say: io.say,
    signal: io.signal,
  });
  show(results, text(input, "format") === "json", io);
  if (io.signal.aborted) {
    io.say("bottle: what runs goes on; the same command follows it and starts the rest, bottle stop ends it");
    return INTERRUPTED;
  }
  return results.every((result) => result.outcome === "ended" && result.exitCode === 0) ? 0 : SOME_FAILED;
}

/** How far a task is, and nothing done about it. */
async function standing(task: ReadyTask, layout: Layout): Promise<TaskResult> {
  const { line, name } = task;
  const state = await taskState(task, layout);
  if (typeof state === "object") return { line, name, outcome: "ended", exitCode: state.exitCode, before: true };
  return { line, name, outcome: state === "running" ? "running" : "waiting" };
}

function refuseMeaningless(input: VerbInput): void {
  if (flag(input, "pane")) {
    throw new BottleError("USAGE", "--pane shows one agent's terminal, and those of --from have none", {
      hint: "bottle ls --watch shows how far they are",
    });
  }
  for (const name of ["prompt", "name"]) {
    if (text(input, name) === undefined) continue;
    throw new BottleError("USAGE", `--${name} is for one bottle, and --from starts many`, {
      hint: `write it into the lines: {"prompt": "...", "name": "..."}`,
    });
  }
}

function parallelOf(input: VerbInput): number {
  const word = text(input, "parallel") ?? "4";
  const number = Number(word);
  if (/^\d{1,4}$/.test(word) && number >= 1 && number <= MOST_PARALLEL) return number;
  throw new BottleError("USAGE", `--parallel takes a number from 1 to ${MOST_PARALLEL}, not ${word}`);
}

/** Reads and plans every line, so that what is wrong is told before anything is started. Errors: USAGE with all lines. */
async function readTasks(
  file: string,
  input: VerbInput,
  context: SessionContext,
  io: Io,
): Promise<readonly ReadyTask[]> {
  const path = resolve(io.cwd, file);
  const read = await readTextFile(path, { maxBytes: MAX_BYTES });
  if (read.kind !== "text") {
    throw new BottleError("USAGE", `${path} ${read.kind === "missing" ? "does not exist" : read.why}`, {
      hint: 'it holds one task a line: {"prompt": "fix the test"}',
    });
  }
  const { tasks, problems } = parseTasks(read.text);
  const seen = new Map<string, number>();
  const ready = tasks.map((task) => readyTask(task, input, seen));
  const all = [...problems, ...(await planProblems(ready, context, io))].sort((a, b) => a.line - b.line);
  if (all.length === 0) return ready;
  const lines = all.map(({ line, message }) => `  ${file}:${line}: ${message}`);
  throw new BottleError("USAGE", [`nothing was started, since ${file} has problems:`, ...lines].join("\n"), {
    hint: "bottle help start says what a line holds",
    facts: { problems: all },
  });
}

function readyTask(task: Task, input: VerbInput, seen: Map<string, number>): ReadyTask {
  const { line, prompt, agent, path, name, labels, workspace, backend, allow, args, maxMinutes } = task;
  const [firstAgent = "", firstPath = "."] = input.positionals;
  const { from: _, parallel: __, format: ___, dryRun: ____, ...options } = input.options;
  const own = agent ?? firstAgent;
  const merged = {
    positionals: [own, path ?? firstPath],
    options: {
      ...options,
      ...(workspace !== undefined && { workspace }),
      ...(backend !== undefined && { backend }),
      ...(maxMinutes !== undefined && { maxMinutes: String(maxMinutes) }),
      allow: [...texts(input, "allow"), ...(allow ?? [])],
      prompt,
    },
    rest: [...input.rest, ...(args ?? [])],
  };
  const given = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const label = [...texts(input, "label"), ...given];
  // Two lines that say the same are two tasks.
  const content = JSON.stringify([merged, label, name ?? null]);
  const copies = (seen.get(content) ?? 0) + 1;
  seen.set(content, copies);
  const key = createHash("sha256").update(`${copies} ${content}`).digest("hex").slice(0, 12);
  const called = name ?? `${own.slice(0, 28)}-${key}`;
  const words = { ...merged.options, name: called, label: [...label, `${TASK_LABEL}=${key}`], detach: true };
  return { line, key, name: called, input: { ...merged, options: words } };
}

/** What planning refuses, by line. Lines that differ in nothing but their prompt are planned once. */
async function planProblems(tasks: readonly ReadyTask[], context: SessionContext, io: Io): Promise<TaskProblem[]> {
  const planned = new Map<string, Promise<string | null>>();
  const problems: TaskProblem[] = [];
  const quiet = { ...context, say: () => undefined };
  for (const { line, name, key, input } of tasks) {
    const taken = await otherTask(name, key, context.layout);
    if (taken !== null) problems.push({ line, message: taken });
    let request: StartRequest;
    try {
      request = startRequest(input, io);
    } catch (error) {
      problems.push({ line, message: wordsOf(error) });
      continue;
    }
    const same = JSON.stringify({ ...request, prompt: "", name: null, labels: {} });
    const plan = planned.get(same) ?? prepare({ ...request, dryRun: true }, quiet).then(() => null, wordsOf);
    planned.set(same, plan);
    const problem = await plan;
    if (problem !== null) problems.push({ line, message: problem });
  }
  return problems;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof BottleError)) throw error;
  return `${error.message} [${error.code}]`;
}

/** Half a sentence where the name is another bottle's. */
async function otherTask(name: string, key: string, layout: Layout): Promise<string | null> {
  const record = await recordOrLast(name, layout).catch(() => null);
  if (record === null || record.labels[TASK_LABEL] === key) return null;
  return `a bottle called ${name} is there, of another task; choose another name`;
}

async function taskState({ name, key }: ReadyTask, layout: Layout): Promise<TaskState> {
  const record = await recordOrLast(name, layout).catch((error: unknown) => {
    if (error instanceof BottleError && error.code === "BOTTLE_NOT_FOUND") return null;
    throw error;
  });
  if (record === null || record.labels[TASK_LABEL] !== key) return "new";
  const state = stateOf(record);
  if (state === "lost") return "lost";
  if (state === "creating" || state === "running") return "running";
  // No agent has ended there: its start was cut off, or its host process was killed and it was settled since.
  if (state === "failed") return (await findBottle(layout, name)) === null ? "new" : "lost";
  return { state, exitCode: record.exitCode, endedAt: record.endedAt };
}

/**
 * Of a bottle in which an agent was killed: true, it goes on there. One that never came so far is removed, so that the
 * task begins anew. Errors: those of `settleLost` and `removeBottle`.
 */
async function clearTheWay(name: string, context: SessionContext): Promise<boolean> {
  const bottle = await findBottle(context.layout, name);
  if (bottle?.record == null) return false;
  const { record, state } = bottle;
  const backend = await loadBackend(record.backend);
  if (state === "lost") await settleLost(bottle, backend, context);
  const whole = await resumablePlan(name, context.layout).catch(notWhole);
  if (whole !== null && (state === "lost" || record.endReason !== undefined)) return true;
  const now = await findBottle(context.layout, name);
  if (now !== null) await removeBottle(now, backend, context);
  return false;
}

function notWhole(error: unknown): null {
  if (error instanceof BottleError && error.code === "BOTTLE_NOT_FOUND") return null;
  throw error;
}

function show(results: readonly TaskResult[], json: boolean, io: Io): void {
  if (json) {
    const rows = results.map((result) =>
      result.outcome === "refused"
        ? { ...result, error: { code: result.error.code, message: result.error.message } }
        : result,
    );
    io.out(`${printableJson(rows, 2)}\n`);
    return;
  }
  io.out(
    table(
      ["LINE", "NAME", "OUTCOME", "EXIT"],
      results.map((result) => [
        String(result.line),
        result.name,
        outcomeOf(result),
        result.outcome === "ended" ? String(result.exitCode ?? "-") : "-",
      ]),
    ),
  );
}

function outcomeOf(result: TaskResult): string {
  if (result.outcome === "ended") return result.before ? "ended before" : "ended";
  return result.outcome === "refused" ? `refused: ${result.error.message}` : result.outcome;
}
