import { access, constants } from "node:fs/promises";
import type { Backend } from "../backends/backend.ts";
import { loadBackend } from "../backends/builtins.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { isLive } from "../core/policy/grants.ts";
import { verifyAudit } from "../state/audit-reader.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPolicy } from "../state/policy-file.ts";
import { readProposals } from "../state/proposals.ts";
import { findBottle, type ListedBottle } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { missingVariables } from "./guest-env.ts";
import { holdSecrets } from "./held-secrets.ts";
import { resumablePlan } from "./resumable.ts";
import { settleLost } from "./settlement.ts";
import { takeBack } from "./unrevoked.ts";

/** What became of one bottle: `runs` again; `settled`: it has ended in order; `untouched`: it is as it was. */
export type RecoveryOutcome = "runs" | "settled" | "untouched";

export interface Recovery {
  readonly name: string;
  readonly outcome: RecoveryOutcome;
  /** What is gone for good, each half a sentence. */
  readonly lost: readonly string[];
  /** Why it does not run; null: it does, or nobody asked for that. */
  readonly problem: BottleError | null;
}

/** Has the agent of a settled bottle go on, in a host process of its own. */
export type GoOn = (name: string) => Promise<void>;

/**
 * Brings a bottle back whose host process is gone: what it lost is noted, what is left of its cage is removed (a running
 * agent is never adopted: credentials and certificate died with the host process), and `goOn` runs the agent again; null:
 * whether it could is looked at. Never throws for what is wrong with one bottle.
 */
export async function recoverBottle(
  bottle: ListedBottle & { readonly record: BottleRecord },
  context: SessionContext,
  goOn: GoOn | null,
): Promise<Recovery> {
  const { name, record } = bottle;
  let lost: readonly string[] = [];
  let outcome: RecoveryOutcome = "untouched";
  try {
    lost = await lostParts(record, context);
    const backend = await loadBackend(record.backend);
    await settleLost(bottle, backend, context);
    outcome = "settled";
    await takeBack(bottlePaths(context.layout, name).journal, context);
    const plan = await resumablePlan(name, context.layout);
    if (goOn === null) await checkResumable(plan, backend, context);
    else {
      await goOn(name);
      outcome = "runs";
    }
    return { name, outcome, lost, problem: null };
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    // Another recover or resume was first: what was asked for is done.
    if (error.code === "BOTTLE_RUNNING" && (await runsAgain(record, context))) {
      return { name, outcome: "runs", lost, problem: null };
    }
    return { name, outcome, lost, problem: error };
  }
}

async function runsAgain({ name, createdAt, host }: BottleRecord, { layout }: SessionContext): Promise<boolean> {
  const now = await findBottle(layout, name);
  if (now?.record == null || now.record.createdAt !== createdAt || now.record.host.pid === host.pid) return false;
  return ["creating", "running"].includes(now.state);
}

/** Is it one that `recoverBottle` is for? */
export function isLost(bottle: ListedBottle): bottle is ListedBottle & { readonly record: BottleRecord } {
  return bottle.state === "lost";
}

/** What nobody can bring back of a bottle whose host process is gone; looked at before anything of it is touched. */
async function lostParts(record: BottleRecord, { layout }: SessionContext): Promise<readonly string[]> {
  const paths = bottlePaths(layout, record.name);
  const waiting = await readProposals(paths.proposals);
  const policy = await readPolicy(paths.policy).catch(() => null);
  const grants = (policy?.grants ?? []).filter((grant) => isLive(grant, Date.now()));
  const audit = await verifyAudit(paths.audit, record.auditHead).catch(() => null);
  return [
    "its processes, its terminal, and what lay in /tmp and /dev/shm inside",
    ...(waiting.length === 0 ? [] : [`${count(waiting.length, "request")} that waited for your answer`]),
    ...(grants.length === 0 ? [] : [`${count(grants.length, "grant")} that you gave while it ran`]),
    ...(audit === null || audit.ok ? [] : [`audit lines from line ${audit.line} on: ${audit.problem}`]),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Errors: what a resume would meet: SECRET_UNRESOLVED with every value that is missing, AGENT_BINARY_MISSING, HOST_UNFIT. */
async function checkResumable(plan: BottlePlan, backend: Backend, context: SessionContext): Promise<void> {
  const why = await backend.lacks(context.facts);
  if (why !== null) throw new BottleError("HOST_UNFIT", why, { hint: "bottle doctor says how to mend it" });
  await holdSecrets(plan.secrets, context.env, missingVariables(plan, context));
  const { binary } = plan.agent;
  if (binary.origin !== "named command") return;
  await access(binary.path, constants.X_OK).catch((cause: unknown) => {
    throw new BottleError("AGENT_BINARY_MISSING", `${binary.path}, which the start named, is gone`, {
      hint: "put it back",
      cause,
    });
  });
}
