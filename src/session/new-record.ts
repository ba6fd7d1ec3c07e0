import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { ownIdentity } from "../host/process-identity.ts";
import { newRunFolder } from "../state/run-folder.ts";
import type { SessionContext } from "./context.ts";

/** What is on disk of a bottle before anything of it exists. */
export function newRecord(plan: BottlePlan, detached: boolean, { layout }: SessionContext): BottleRecord {
  const host = ownIdentity();
  return {
    schema: 1,
    name: plan.name,
    agent: plan.agent.name,
    provider: plan.agent.provider,
    backend: plan.backend,
    phase: "creating",
    createdAt: new Date().toISOString(),
    endedAt: null,
    exitCode: null,
    host,
    run: newRunFolder(layout.runtime, host),
    handle: null,
    workspace: { mode: plan.workspace.mode, host: plan.workspace.host },
    labels: plan.labels,
    ...(plan.agent.prompt !== undefined && { prompt: plan.agent.prompt }),
    terminal: plan.agent.headless ? "none" : detached ? "held" : "own",
    detached,
    auditHead: null,
  };
}

/** The record of an ended bottle whose agent runs again. Errors: BOTTLE_RUNNING. */
export function recordAgain(record: BottleRecord, fresh: BottleRecord): BottleRecord {
  if (record.endedAt === null) {
    throw new BottleError("BOTTLE_RUNNING", `${record.name} runs`, { hint: "bottle ls shows it" });
  }
  const { endReason: _, ...kept } = record;
  const { host, run, prompt, terminal, detached } = fresh;
  const own = {
    ...(prompt !== undefined && { prompt }),
    ...(terminal !== undefined && { terminal }),
    ...(detached !== undefined && { detached }),
  };
  return { ...kept, ...own, phase: "creating", endedAt: null, exitCode: null, host, run, handle: null };
}
