import type { Backend } from "../backends/backend.ts";
import { exitCode } from "../host/exec.ts";
import { runHeadless, runOnTerminal } from "./attach.ts";
import type { SessionContext } from "./context.ts";
import type { RunningBottle } from "./launch.ts";
import { outlet } from "./outlet.ts";
import { openTranscript } from "./transcript.ts";

const GRACE_MS = 5_000;
/** Our part broke before the agent ran. */
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
  stdoutIsTerminal: boolean,
): Promise<number> {
  const { plan, paths, bottle, audit } = running;
  const stop = () => void running.stop(GRACE_MS);
  context.signal.addEventListener("abort", stop, { once: true });
  if (context.signal.aborted) stop();
  const started = performance.now();
  let code = NOT_RUN;
  try {
    await audit.append({ type: "session", event: "agent started", detail: plan.agent.binary.origin });
    if (!context.signal.aborted) {
      code = plan.agent.headless
        ? await headless(running, context, stdoutIsTerminal)
        : await runOnTerminal(bottle, plan.agent.command, paths.agentLog, context.facts.tools.stty);
    }
    // A signal to us ends the agent whatever it makes of it, perhaps before it began: the code is that of the signal.
    if (context.signal.aborted) code = exitCode(null, context.signal.reason as NodeJS.Signals);
    running.ended(code);
    // On a disk that the agent has filled the line is missing; the bottle ends in order all the same.
    await audit.append({ type: "session", event: "agent ended", detail: `exit ${code}` }).catch((error: unknown) => {
      context.say(`bottle: ${error instanceof Error ? error.message : String(error)}`);
    });
  } finally {
    context.signal.removeEventListener("abort", stop);
    const failures = await running.close();
    if (failures.length > 0) {
      const list = failures.map(
        ({ name, error }) => `${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
      const rest = remove ? "" : `; bottle rm ${plan.name} removes the rest, bottle prune what else was left`;
      context.say(`bottle: not everything could be undone: ${list.join("; ")}${rest}`);
    }
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
  sayEnd(running, removed, code, performance.now() - started, context);
  return code;
}

async function headless(
  { plan, paths, bottle }: RunningBottle,
  context: SessionContext,
  stdoutIsTerminal: boolean,
): Promise<number> {
  const transcript = openTranscript(paths.agentLog, context.say);
  try {
    return await runHeadless(bottle, plan.agent.command, transcript, {
      stdin: process.stdin.isTTY ? null : process.stdin,
      stdout: outlet(process.stdout, stdoutIsTerminal, "drop"),
      stderr: outlet(process.stderr, process.stderr.isTTY === true, "drop"),
    });
  } finally {
    transcript.close();
  }
}

function sayEnd(running: RunningBottle, removed: boolean, code: number, ms: number, context: SessionContext): void {
  const { plan } = running;
  context.say(`bottle: ${plan.name} ended with exit ${code} after ${Math.round(ms / 100) / 10} s`);
  if (removed || plan.workspace.mode === "bind") return;
  context.say(`  bottle diff ${plan.name} shows what it did, bottle apply ${plan.name} brings it back`);
}
