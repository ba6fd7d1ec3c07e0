import { basename } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import { isErrno } from "../host/files.ts";
import { isRunning } from "../host/process-identity.ts";
import { listAsides } from "../state/aside.ts";
import { listDrafts, removeDraft } from "../state/drafts.ts";
import { bottlePaths, sharedRuntime } from "../state/layout.ts";
import { type ListedBottle, listBottles, readBottle, sameBottle, updateRecord } from "../state/records.ts";
import { listRunFolders, ownerOfRunFolder } from "../state/run-folder.ts";
import type { SessionContext } from "./context.ts";
import { stateOf } from "./reconcile.ts";
import { failed, finishRemoval, removeBottle, removeRunFolder, removeUnreadable } from "./removal.ts";
import { removeUnfinished, unfinishedWork } from "./work/unfinished.ts";

/** One thing that prune removes. */
export interface PruneStep {
  /** What is left of a bottle after one of its steps failed is not touched. */
  readonly bottle: string;
  readonly kind:
    | "leftover"
    | "lost bottle"
    | "ended bottle"
    | "unreadable"
    | "removal"
    | "runtime folder"
    | "draft"
    | "unfinished"
    | "folder";
  readonly detail: string;
  readonly act: () => Promise<void>;
}

export interface PruneOptions {
  /** Every bottle of which nothing runs goes, whatever its age; also a lost one, and one whose record cannot be read. */
  readonly all: boolean;
  readonly now: number;
}

const KEEP_MS = 7 * 24 * 3600 * 1000;

/** Lists what can go, in the order in which it must, so that it can be shown before anything is touched. */
export async function planPrune(
  backends: readonly Backend[],
  context: SessionContext,
  options: PruneOptions,
): Promise<readonly PruneStep[]> {
  const listed = await listBottles(context.layout);
  return [
    ...(await leftoverSteps(backends, listed, context, options)),
    ...(await unfinishedSteps(backends, listed, context)),
    ...listed.flatMap((bottle) => bottleSteps(bottle, backends, context, options)),
    ...(await asideSteps(backends, context)),
    ...(await runFolderSteps(listed, context)),
    ...(await draftSteps(context)),
  ];
}

async function leftoverSteps(
  backends: readonly Backend[],
  listed: readonly ListedBottle[],
  { facts }: SessionContext,
  { all }: PruneOptions,
): Promise<readonly PruneStep[]> {
  // What cannot be read might still run: nothing of it is touched unless that was asked for.
  const alive = listed.filter(({ record }) =>
    record === null ? !all : stateOf(record) !== "lost" && record.endedAt === null,
  );
  const names = new Set(alive.map(({ name }) => name));
  const steps: PruneStep[] = [];
  for (const backend of backends) {
    for (const leftover of await backend.survey(facts, names)) {
      const detail = `${leftover.kind} ${leftover.id}`;
      steps.push({ bottle: leftover.bottle, kind: "leftover", detail, act: () => backend.remove(leftover, facts) });
    }
  }
  return steps;
}

/** What collections that were killed left in bottles; a bottle that stays would keep it. */
async function unfinishedSteps(
  backends: readonly Backend[],
  listed: readonly ListedBottle[],
  { layout, facts }: SessionContext,
): Promise<readonly PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const { name, record } of listed) {
    const backend = backends.find((candidate) => candidate.name === record?.backend);
    if (backend === undefined) continue;
    const left = await unfinishedWork(bottlePaths(layout, name));
    const count = left.quarantines.length + left.scratch.length;
    if (count === 0) continue;
    const act = () => removeUnfinished(left, backend, facts);
    steps.push({ bottle: name, kind: "unfinished", detail: `${count} of a look at its work that was killed`, act });
  }
  return steps;
}

function bottleSteps(
  bottle: ListedBottle,
  backends: readonly Backend[],
  context: SessionContext,
  { all, now }: PruneOptions,
): readonly PruneStep[] {
  const { name, record, problem } = bottle;
  if (record === null) {
    const act = () => removeUnreadable(bottle, context);
    if (all) return [{ bottle: name, kind: "unreadable", detail: `its record ${problem}`, act }];
    context.say(`bottle: ${name}: its record ${problem}; bottle rm --force ${name} removes it`);
    return [];
  }
  const backend = backends.find((candidate) => candidate.name === record.backend);
  if (backend === undefined) return [];
  const remove = () => removeBottle(bottle, backend, context, all ? "try" : "keep");
  if (stateOf(record) === "lost") {
    const act = all ? remove : () => settle(bottle, context);
    return [{ bottle: name, kind: "lost bottle", detail: "its host process is gone", act }];
  }
  if (record.endedAt === null || (!all && now - Date.parse(record.endedAt) < KEEP_MS)) return [];
  return [{ bottle: name, kind: "ended bottle", detail: `ended ${record.endedAt}`, act: remove }];
}

/** Removals that were cut short. */
async function asideSteps([backend]: readonly Backend[], context: SessionContext): Promise<readonly PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const aside of await listAsides(context.layout)) {
    const { record } = await readBottle(aside.folder, aside.name);
    // A bottle that lives would be here only when its name was taken in the moment in which it should have got it back.
    const lives = record !== null && ["creating", "running"].includes(stateOf(record));
    if (lives || isRunning(aside.remover) || backend === undefined) continue;
    const act = () => finishRemoval(aside, backend, context);
    steps.push({ bottle: aside.name, kind: "removal", detail: "it was cut short", act });
  }
  return steps;
}

/** Of bottles of any state folder: whose process is gone, nobody else may remove them. */
async function runFolderSteps(
  listed: readonly ListedBottle[],
  { layout, facts }: SessionContext,
): Promise<readonly PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const runtime of new Set([layout.runtime, sharedRuntime(facts.uid)])) {
    for (const run of await listRunFolders(runtime, facts.uid)) {
      const owner = ownerOfRunFolder(run);
      // A lost bottle takes its own along.
      const known = listed.find(({ record }) => record?.run === run);
      if (owner === null || isRunning(owner) || (known?.record && stateOf(known.record) === "lost")) continue;
      const bottle = known?.name ?? basename(run);
      steps.push({ bottle, kind: "runtime folder", detail: run, act: () => removeRunFolder({ run }) });
    }
  }
  return steps;
}

/** Folders of starts that were killed before their bottle had a name. */
async function draftSteps({ layout }: SessionContext): Promise<readonly PruneStep[]> {
  return (await listDrafts(layout))
    .filter(({ pid }) => !isAlive(pid))
    .map(({ folder }) => ({
      bottle: basename(folder),
      kind: "draft",
      detail: "a start that was killed",
      act: () => removeDraft(folder),
    }));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}

/** Marks a bottle whose host process died as ended; its cage died with it, its folder and the work in it stay. */
async function settle(bottle: ListedBottle, { layout }: SessionContext): Promise<void> {
  const { name, record } = bottle;
  if (record === null) return;
  await removeRunFolder(record);
  try {
    await updateRecord(layout, name, (current) =>
      sameBottle({ name, record: current, problem: null }, bottle) && current.endedAt === null ? failed(current) : null,
    );
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    // Removed by another one in the meantime.
    if (error.code === "BOTTLE_NOT_FOUND") return;
    throw new BottleError(error.code, `${name} stays lost: ${error.message}`, {
      hint: `free some space, or remove it with the work in it: bottle rm --discard ${name}`,
      cause: error.cause,
    });
  }
}
