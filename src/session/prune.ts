import { basename } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import { isRunning } from "../host/process-identity.ts";
import { listAsides } from "../state/aside.ts";
import { listDrafts, removeDraft } from "../state/drafts.ts";
import { bottlePaths, pathsIn, sharedRuntime } from "../state/layout.ts";
import { type ListedBottle, listBottles, readBottle } from "../state/records.ts";
import { listRunFolders, ownerOfRunFolder } from "../state/run-folder.ts";
import { BACKEND_VARIABLE } from "./backend-choice.ts";
import { agentFolders, sizeOf } from "./bottle-size.ts";
import type { SessionContext } from "./context.ts";
import { finishRemoval, removeBottle, removeRunFolder, removeUnreadable } from "./removal.ts";
import { settleLost } from "./settlement.ts";
import { unrevoked } from "./unrevoked.ts";
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
    | "forge credential"
    | "folder";
  readonly detail: string;
  /** Whose it is; null: no backend's. */
  readonly backend: string | null;
  /** What the disk gets back, measured when it is asked for; absent: next to nothing. */
  readonly bytes?: () => Promise<number>;
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
  const { steps, silent } = await leftoverSteps(backends, listed, context, options);
  // Nobody says whether their cages still run: nothing of theirs is dead.
  const answering = backends.filter(({ name }) => !silent.has(name));
  return [
    ...steps,
    ...(await unfinishedSteps(answering, listed, context)),
    ...(await bottlesSteps(answering, listed, context, options)),
    ...(await asideSteps(answering, context)),
    ...(await runFolderSteps(listed, context)),
    ...(await draftSteps(context)),
  ];
}

async function leftoverSteps(
  backends: readonly Backend[],
  listed: readonly ListedBottle[],
  { facts, env, layout, say }: SessionContext,
  { all }: PruneOptions,
): Promise<{ readonly steps: readonly PruneStep[]; readonly silent: ReadonlySet<string> }> {
  // What cannot be read might still run: nothing of it is touched unless that was asked for.
  const alive = listed.filter(({ record, state }) =>
    record === null ? !all : state !== "lost" && record.endedAt === null,
  );
  const names = new Set(alive.map(({ name }) => name));
  const folders = listed.map(({ name }) => bottlePaths(layout, name).folder);
  const asides = (await listAsides(layout)).map(({ folder }) => folder);
  const shelf = { folder: layout.bottles, bottles: [...folders, ...asides] };
  const steps: PruneStep[] = [];
  const silent = new Set<string>();
  for (const backend of backends) {
    const leftovers = await backend.survey(facts, names, shelf).catch((error: unknown) => {
      if (!(error instanceof BottleError) || error.code !== "HOST_UNFIT") throw error;
      silent.add(backend.name);
      // Who never had a bottle there need not hear of it.
      if (isInUse(backend.name, listed, env))
        say(`bottle: ${backend.name} cannot be asked, and nothing of its bottles is touched: ${error.message}`);
      return [];
    });
    for (const leftover of leftovers) {
      const detail = `${leftover.kind} ${leftover.id}`;
      const act = () => backend.remove(leftover, facts);
      steps.push({ bottle: leftover.bottle, kind: "leftover", detail, backend: backend.name, act });
    }
  }
  return { steps, silent };
}

/** Whether a bottle is of this backend, or the operator chose it for all. */
function isInUse(backend: string, listed: readonly ListedBottle[], env: SessionContext["env"]): boolean {
  return env[BACKEND_VARIABLE] === backend || listed.some(({ record }) => record?.backend === backend);
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
    const detail = `${count} of a look at its work that was killed`;
    const bytes = () => sizeOf(left.scratch, backend, facts);
    steps.push({ bottle: name, kind: "unfinished", detail, backend: backend.name, bytes, act });
  }
  return steps;
}

/** A credential at a forge is taken back before the journal that names it goes, and keeps nothing else waiting. */
async function bottlesSteps(
  backends: readonly Backend[],
  listed: readonly ListedBottle[],
  context: SessionContext,
  options: PruneOptions,
): Promise<readonly PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const bottle of listed) {
    const own = bottleSteps(bottle, backends, context, options);
    const forge = await forgeSteps(bottle, context);
    const settles = own.some(({ kind }) => kind === "lost bottle") && !options.all;
    steps.push(...(settles ? [...own, ...forge] : [...forge, ...own]));
  }
  return steps;
}

async function forgeSteps(
  { name, state }: ListedBottle,
  { layout, env }: SessionContext,
): Promise<readonly PruneStep[]> {
  if (!["lost", "exited", "failed"].includes(state)) return [];
  return (await unrevoked(bottlePaths(layout, name).journal, env)).map(({ what, revoke }) => {
    return { bottle: name, kind: "forge credential", detail: what, backend: null, act: revoke };
  });
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
    if (all) return [{ bottle: name, kind: "unreadable", detail: `its record ${problem}`, backend: null, act }];
    context.say(`bottle: ${name}: its record ${problem}; bottle rm --force ${name} removes it`);
    return [];
  }
  const backend = backends.find((candidate) => candidate.name === record.backend);
  if (backend === undefined) return [];
  const bytes = () => sizeOf(agentFolders(bottlePaths(context.layout, name)), backend, context.facts);
  const remove = () => removeBottle(bottle, backend, context, all ? "try" : "keep");
  if (bottle.state === "lost") {
    const settle = () => settleLost(bottle, backend, context);
    const act = all ? remove : settle;
    const lost = {
      bottle: name,
      kind: "lost bottle",
      detail: "its host process is gone",
      backend: backend.name,
    } as const;
    return [all ? { ...lost, bytes, act } : { ...lost, act }];
  }
  if (record.endedAt === null || (!all && now - Date.parse(record.endedAt) < KEEP_MS)) return [];
  const detail = `ended ${record.endedAt}`;
  return [{ bottle: name, kind: "ended bottle", detail, backend: backend.name, bytes, act: remove }];
}

/** Removals that were cut short. */
async function asideSteps(backends: readonly Backend[], context: SessionContext): Promise<readonly PruneStep[]> {
  const steps: PruneStep[] = [];
  for (const aside of await listAsides(context.layout)) {
    const { record, state } = await readBottle(aside.folder, aside.name);
    // A bottle that lives would be here only when its name was taken in the moment in which it should have got it back.
    // What an agent wrote may be of ids that only its own backend can handle.
    const backend = record === null ? backends[0] : backends.find(({ name }) => name === record.backend);
    const lives = ["creating", "running"].includes(state);
    if (lives || isRunning(aside.remover) || backend === undefined) continue;
    const act = () => finishRemoval(aside, backend, context);
    const bytes = () => sizeOf(agentFolders(pathsIn(aside.folder)), backend, context.facts);
    steps.push({ bottle: aside.name, kind: "removal", detail: "it was cut short", backend: backend.name, bytes, act });
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
      if (owner === null || isRunning(owner) || known?.state === "lost") continue;
      const bottle = known?.name ?? basename(run);
      const act = () => removeRunFolder({ run });
      steps.push({ bottle, kind: "runtime folder", detail: run, backend: null, act });
    }
  }
  return steps;
}

/** Folders of starts that were killed before their bottle had a name. */
async function draftSteps({ layout }: SessionContext): Promise<readonly PruneStep[]> {
  return (await listDrafts(layout))
    .filter(({ maker }) => !isRunning(maker))
    .map(({ folder }) => ({
      bottle: basename(folder),
      kind: "draft",
      detail: "a start that was killed",
      backend: null,
      act: () => removeDraft(folder),
    }));
}
