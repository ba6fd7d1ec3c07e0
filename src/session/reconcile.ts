import type { Backend } from "../backends/backend.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isErrno } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { isRunning } from "../host/process-identity.ts";
import { archiveBottle } from "../state/archive.ts";
import { bottlePaths } from "../state/layout.ts";
import { listBottles, removeBottleFolder, removeDrafts, updateRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";

/** What a bottle is now: its record, corrected by whether its host process lives. */
export type BottleState = "creating" | "running" | "exited" | "failed" | "lost";

/** `lost`: the record says that it runs, and the process that hosted it is gone (`kill -9`, power cut). */
export function stateOf(record: BottleRecord): BottleState {
  const live = record.phase === "creating" || record.phase === "running";
  return live && !isRunning(record.host) ? "lost" : record.phase;
}

/** One thing that prune removes. */
export interface PruneStep {
  readonly bottle: string;
  /** `leftover`, `lost bottle`, `ended bottle`, `draft`, `unreadable`. */
  readonly kind: string;
  readonly detail: string;
  readonly act: () => Promise<void>;
}

export interface PruneOptions {
  /** Ended bottles older than this go; 0: all. */
  readonly olderThanMs: number;
  readonly now: number;
}

/** Lists what can go, so that it can be shown before anything is touched. */
export async function planPrune(
  backends: readonly Backend[],
  context: SessionContext,
  options: PruneOptions,
): Promise<readonly PruneStep[]> {
  const { facts, layout } = context;
  const steps: PruneStep[] = [];
  const listed = await listBottles(layout);
  const alive = new Set<string>();
  for (const { name, record, problem } of listed) {
    if (record === null) {
      context.say(`bottle: ${name}: its record ${problem}; look at ${bottlePaths(layout, name).folder}`);
      // What cannot be read might still run: nothing of it is touched.
      alive.add(name);
    } else if (stateOf(record) !== "lost" && record.endedAt === null) alive.add(name);
  }
  for (const backend of backends) {
    for (const leftover of await backend.survey(facts, alive)) {
      const detail = `${leftover.kind} ${leftover.id}`;
      steps.push({ bottle: leftover.bottle, kind: "leftover", detail, act: () => backend.remove(leftover, facts) });
    }
  }
  for (const { record } of listed) {
    if (record === null) continue;
    if (stateOf(record) === "lost") {
      const detail = "its host process is gone";
      steps.push({ bottle: record.name, kind: "lost bottle", detail, act: () => settle(record, context) });
    } else if (record.endedAt !== null && options.now - Date.parse(record.endedAt) >= options.olderThanMs) {
      const backend = backends.find((candidate) => candidate.name === record.backend);
      if (backend === undefined) continue;
      const detail = `ended ${record.endedAt}`;
      steps.push({
        bottle: record.name,
        kind: "ended bottle",
        detail,
        act: () => removeEnded(record, backend, context),
      });
    }
  }
  return steps;
}

/** Removes folders of starts that were killed before their bottle had a name. */
export async function pruneDrafts(context: SessionContext): Promise<readonly string[]> {
  return removeDrafts(context.layout, (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return !isErrno(error, "ESRCH");
    }
  });
}

/** Marks a bottle whose host process died as ended; its cage died with it, its folder stays. */
async function settle(record: BottleRecord, { layout }: SessionContext): Promise<void> {
  await removePrivateFolder(record.run);
  await updateRecord(layout, record.name, (current) => ({
    ...current,
    phase: "failed",
    endedAt: current.endedAt ?? new Date().toISOString(),
  }));
}

/** Archives what must outlive an ended bottle, then removes the rest; agent-written folders from inside a throw-away cage. */
export async function removeEnded(record: BottleRecord, backend: Backend, context: SessionContext): Promise<void> {
  if (record.endedAt === null) {
    throw new BottleError("BOTTLE_RUNNING", `${record.name} has not ended`, { hint: `bottle stop ${record.name}` });
  }
  const { facts, layout } = context;
  const paths = bottlePaths(layout, record.name);
  await archiveBottle(layout, record, facts.uid);
  await backend.erase(paths.home, facts);
  await backend.erase(paths.workspace, facts);
  await removeBottleFolder(layout, record.name);
}
