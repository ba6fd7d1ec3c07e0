import { Writable } from "node:stream";
import type { Backend } from "../backends/backend.ts";
import { clipboardNotice, endIsNews, endNotice, unseenNotice } from "../core/notices/words.ts";
import { type Clipboard, filterOutput, type OutputRules } from "../core/wire/terminal-output.ts";
import { exitCode } from "../host/exec.ts";
import { returnIdleMemory } from "../host/idle-memory.ts";
import { runHeadless, runOnTerminal } from "./attach.ts";
import { brokenEntry } from "./broken-entry.ts";
import type { SessionContext } from "./context.ts";
import { tellEnd } from "./incidents.ts";
import type { RunningBottle } from "./launch.ts";
import { startLookout } from "./lookout.ts";
import { outlet } from "./outlet.ts";
import { keepCopies } from "./pending-copy.ts";
import { startTimeLimit, TIME_LIMIT_CODE } from "./time-limit.ts";
import { openTranscript, type Transcript, withoutHeader, withoutTrailer } from "./transcript.ts";

/** What the operator has of the agent's run. */
export type OperatorTerminal =
  /** The terminal, or the streams, of this process. */
  | { readonly kind: "here"; readonly stdoutIsTerminal: boolean; readonly clipboard: Clipboard }
  /** Nothing: this process is detached. The agent's terminal begins with this size; `begun` is called when it runs. */
  | {
      readonly kind: "away";
      readonly columns: number;
      readonly rows: number;
      readonly clipboard: Clipboard;
      begun(): void;
    };

const GRACE_MS = 5_000;
/** Our part broke before the agent ran, or while it did. */
const NOT_RUN = 125;

/**
 * Runs the agent of a launched bottle to its end and closes the bottle, whatever happens: the agent's exit, a signal
 * to us, the end of the cage. Answers the agent's own exit code, or 128+n after signal n to us; says what could not be
 * undone.
 */
export async function runAgent(
  running: RunningBottle,
  backend: Backend,
  remove: boolean,
  context: SessionContext,
  terminal: OperatorTerminal,
): Promise<number> {
  const { plan, bottle, audit, notifier } = running;
  const stop = () => void running.stop(GRACE_MS);
  context.signal.addEventListener("abort", stop, { once: true });
  if (context.signal.aborted) stop();
  // Not performance.now(): that loads ten modules of Node, right before the agent.
  const started = process.uptime();
  let code = NOT_RUN;
  let seen = true;
  const limit = startTimeLimit(plan.maxMinutes, () => {
    context.say(`bottle: ${plan.name} is ended: its ${plan.maxMinutes} min are over`);
    stop();
  });
  let spent = false;
  running.onSpent(() => {
    spent = true;
    stop();
  });
  const memory = returnIdleMemory();
  const isWanted = () => context.signal.aborted || limit.over || spent || running.stopAsked();
  const end = (removed: boolean) => endNotice(plan.name, { exitCode: code, wanted: isWanted(), removed });
  try {
    await audit.append({ type: "session", event: "agent started", detail: plan.agent.binary.origin });
    if (!context.signal.aborted) {
      code = await run(running, context, terminal);
    }
    // A signal to us ends the agent whatever it makes of it, perhaps before it began: the code is that of the signal.
    if (context.signal.aborted) code = exitCode(null, context.signal.reason as NodeJS.Signals);
    else if (limit.over || spent) code = TIME_LIMIT_CODE;
    else if (await brokenEntry(bottle, code, context.say)) {
      code = NOT_RUN;
      seen = false;
      running.unseen();
    }
    // Of a lost one attached terminals find out by themselves.
    if (seen) notifier?.tellAttached(end(remove));
    const endReason = limit.over ? "time limit" : spent ? "budget" : undefined;
    running.ended(code, endReason);
    const watched = terminal.kind === "here" && !plan.agent.headless;
    tellEnd(running.incidents, end(false), { wanted: isWanted(), timeLimit: limit.over, watched, seen });
    // On a disk that the agent has filled the line is missing; the bottle ends in order all the same.
    await audit
      .append({
        type: "session",
        event: "agent ended",
        detail: `exit ${code}${endReason === undefined ? "" : `, ${endReason}`}`,
      })
      .catch((error: unknown) => {
        context.say(`bottle: ${error instanceof Error ? error.message : String(error)}`);
      });
  } finally {
    limit[Symbol.dispose]();
    memory[Symbol.dispose]();
    context.signal.removeEventListener("abort", stop);
    const failures = await running.close();
    if (failures.length > 0) {
      const list = failures.map(
        ({ name, error }) => `${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
      const rest = remove || !seen ? "" : `; bottle rm ${plan.name} removes the rest, bottle prune what else was left`;
      context.say(`bottle: not everything could be undone: ${list.join("; ")}${rest}`);
    }
  }
  if (!seen) {
    const kept = remove ? ", and stays" : "";
    context.say(`bottle: ${plan.name} is lost${kept}; bottle recover ${plan.name} brings it back`);
    notifier?.tell(unseenNotice(plan.name));
    await notifier?.close();
    return code;
  }
  let removed = remove;
  if (remove) {
    const [{ removeBottle }, { findBottle }] = await Promise.all([
      import("./removal.ts"),
      import("../state/records.ts"),
    ]);
    const ours = await findBottle(context.layout, plan.name);
    // What cannot be removed stays in the list, and is no fault of the agent's.
    if (ours !== null) {
      removed = await removeBottle(ours, backend, context).then(
        () => true,
        (error: unknown) => {
          context.say(`bottle: ${plan.name} stays: ${error instanceof Error ? error.message : String(error)}`);
          return false;
        },
      );
    }
  }
  const seconds = process.uptime() - started;
  sayEnd(running, removed, code, seconds, context);
  const notice = end(removed);
  if (endIsNews(notice, seconds)) notifier?.tell(notice);
  else notifier?.tellElsewhere(notice);
  await notifier?.close();
  return code;
}

function run(running: RunningBottle, context: SessionContext, terminal: OperatorTerminal): Promise<number> {
  return running.plan.agent.headless ? headless(running, context, terminal) : shown(running, context, terminal);
}

/** An agent with a terminal: the operator's, or one that is held. */
async function shown(running: RunningBottle, context: SessionContext, terminal: OperatorTerminal): Promise<number> {
  const { plan, paths, bottle, notifier } = running;
  const told = (bytes: number) => notifier?.tell(clipboardNotice(plan.name, bytes));
  const copies = keepCopies(paths.clipboard, told, context.say);
  const rules = { clipboard: terminal.clipboard, onCopy: copies.keep, mayNotify: notificationBudget() };
  const transcript = openTranscript(paths.agentLog, context.say);
  const watch = lookout(running, context, terminal, transcript);
  try {
    if (terminal.kind === "away") return await held(running, context, terminal, transcript, rules);
    return await runOnTerminal(bottle, plan.agent.command, context.facts.tools.stty, {
      rules,
      each: transcript.write,
      ...(notifier !== null && { notices: notifier.terminal }),
    });
  } finally {
    watch[Symbol.dispose]();
    transcript.close();
    await copies.close();
  }
}

/** An agent may show one notification in so long: each is a pop-up on the operator's desktop. */
const NOTIFICATION_MS = 10_000;

function notificationBudget(): () => boolean {
  let next = 0;
  return () => {
    const now = performance.now();
    if (now < next) return false;
    next = now + NOTIFICATION_MS;
    return true;
  };
}

function lookout(
  { plan, notifier, incidents, audit }: RunningBottle,
  { layout }: SessionContext,
  terminal: OperatorTerminal,
  transcript: Transcript,
): Disposable {
  const attachable = terminal.kind === "away" && !plan.agent.headless;
  const mark = () => `${audit.head().hash} ${transcript.written}`;
  return startLookout({ bottle: plan.name, attachable, notifier, incidents, layout, mark });
}

async function headless(running: RunningBottle, context: SessionContext, terminal: OperatorTerminal): Promise<number> {
  const { plan, paths, bottle } = running;
  const transcript = openTranscript(paths.agentLog, context.say);
  const watch = lookout(running, context, terminal, transcript);
  try {
    if (terminal.kind === "away") {
      const nowhere = outlet(new Writable({ write: (_piece, _encoding, done) => done() }), false, "drop");
      const streams = { stdin: null, stdout: nowhere, stderr: nowhere };
      return await runHeadless(bottle, plan.agent.command, transcript, streams, terminal.begun);
    }
    return await runHeadless(bottle, plan.agent.command, transcript, {
      stdin: process.stdin.isTTY ? null : process.stdin,
      stdout: outlet(process.stdout, terminal.stdoutIsTerminal, "drop"),
      stderr: outlet(process.stderr, process.stderr.isTTY === true, "drop"),
    });
  } finally {
    watch[Symbol.dispose]();
    transcript.close();
  }
}

async function held(
  { plan, paths, bottle }: RunningBottle,
  { facts }: SessionContext,
  terminal: OperatorTerminal & { kind: "away" },
  transcript: Transcript,
  rules: OutputRules,
): Promise<number> {
  const [{ findHolderTools, holdTerminal }, { readPipe }] = await Promise.all([
    import("../host/terminal-holder.ts"),
    import("../host/output-pipe.ts"),
  ]);
  // tmux shows it; here it is only looked at for what the agent wants in the clipboard.
  const filter = rules.clipboard === "ask" ? filterOutput(rules) : null;
  const keep = withoutHeader(transcript.write);
  const pipe = await readPipe(paths.holder.output, (piece) => {
    keep(piece);
    filter?.push(piece);
  });
  try {
    const holder = await holdTerminal({
      tools: await findHolderTools(facts.tools),
      files: paths.holder,
      name: plan.name,
      command: bottle.frame(plan.agent.command, { transcript: paths.holder.output }),
      columns: terminal.columns,
      rows: terminal.rows,
      clipboard: terminal.clipboard,
    });
    terminal.begun();
    return await holder.ended;
  } finally {
    await pipe.drained();
    withoutTrailer(paths.agentLog);
  }
}

function sayEnd(
  running: RunningBottle,
  removed: boolean,
  code: number,
  seconds: number,
  context: SessionContext,
): void {
  const { plan } = running;
  context.say(`bottle: ${plan.name} ended with exit ${code} after ${Math.round(seconds * 10) / 10} s`);
  if (removed || plan.workspace.mode === "bind") return;
  context.say(`  bottle diff ${plan.name} shows what it did, bottle apply ${plan.name} brings it back`);
}
