import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { allOrNone } from "../host/cleanup.ts";
import { isErrno, readTextFile, writeFileAtomically } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { isRunning, ownIdentity } from "../host/process-identity.ts";
import { archiveBottle } from "../state/archive.ts";
import { type Aside, adoptAside, putBack, takeAside } from "../state/aside.ts";
import { readBase } from "../state/base-file.ts";
import { isBundle, removeFlatFolder, WORKSHOP_FOLDERS } from "../state/bottle-folder.ts";
import { readJournal } from "../state/journal.ts";
import { bottlePaths, pathsIn } from "../state/layout.ts";
import { formatRecord } from "../state/record-format.ts";
import { findBottle, type ListedBottle, readBottle, sameBottle } from "../state/records.ts";
import { ownerOfRunFolder } from "../state/run-folder.ts";
import type { SessionContext } from "./context.ts";
import { takeBack } from "./unrevoked.ts";

/**
 * What becomes of work that has not landed: it is archived and a bottle whose work cannot be archived stays (`keep`); as
 * that, but it goes in the end (`try`); it is not even looked at (`discard`).
 */
export type Unlanded = "keep" | "try" | "discard";

/**
 * Removes a bottle of which nothing runs any more: what its agent wrote goes, what must outlive it is archived. Of many
 * removers one does it, and never to a later bottle of the same name; the others are done at once. A bottle that cannot
 * be removed is listed again. Errors: STATE_UNUSABLE, TEARDOWN_INCOMPLETE, WORK_UNREADABLE; BOTTLE_RUNNING when it was
 * resumed at this moment.
 */
export async function removeBottle(
  bottle: ListedBottle,
  backend: Backend,
  context: SessionContext,
  unlanded: Unlanded = "keep",
): Promise<void> {
  const aside = await takeAside(context.layout, bottle, ownIdentity());
  if (aside === null) return refuseResumed(bottle, context);
  try {
    await archiveAside(aside, backend, context, unlanded);
  } catch (error) {
    await putBack(context.layout, aside);
    throw error;
  }
  // Its record lies in the archive by now: what is left is no bottle, and prune goes on with it.
  await removeFlatFolder(aside.folder);
}

/** Somebody else has it: gone is what was asked for, going on is not. */
async function refuseResumed({ name, record }: ListedBottle, { layout }: SessionContext): Promise<void> {
  const now = await findBottle(layout, name);
  if (record === null || now?.record?.createdAt !== record.createdAt || sameBottle(now, { name, record })) return;
  throw new BottleError("BOTTLE_RUNNING", `${name} was resumed just now`, {
    hint: `bottle stop ${name}, or bottle rm --force ${name}`,
  });
}

/** Goes on with the removal of a process that was killed over it. Errors: as `removeBottle`. */
export async function finishRemoval(left: Aside, backend: Backend, context: SessionContext): Promise<void> {
  const aside = await adoptAside(context.layout, left, ownIdentity());
  if (aside === null) return;
  await archiveAside(aside, backend, context, "try");
  await removeFlatFolder(aside.folder);
}

/** Leaves nothing of the bottle in its folder but what means nothing without the rest. */
async function archiveAside(
  aside: Aside,
  backend: Backend,
  context: SessionContext,
  unlanded: Unlanded,
): Promise<void> {
  const { facts, layout } = context;
  const paths = pathsIn(aside.folder);
  // With the journal goes the last that knows of a key at a forge.
  if (!(await takeBack(paths.journal, context)) && unlanded !== "discard") {
    throw new BottleError("TEARDOWN_INCOMPLETE", `a forge still has a credential of ${aside.name}`, {
      hint: `bottle rm --discard ${aside.name} removes the bottle all the same; then remove it at the forge by hand`,
    });
  }
  await settleWork(aside, backend, context, unlanded);
  // First what the agent wrote, from inside a throw-away cage: on a full disk nothing can be written before.
  // Each collection that was killed left a folder that may be the agent's own, in one of ours.
  const scratches = await readdir(paths.scratch).catch((): string[] => []);
  await Promise.all(scratches.map((name) => backend.erase(join(paths.scratch, name), facts)));
  // What stays is listed again as it then is.
  await allOrNone(WORKSHOP_FOLDERS.map((name) => backend.erase(join(paths.folder, name), facts)));
  const { record } = await readBottle(aside.folder, aside.name);
  if (record !== null && record.endedAt === null) {
    await removeRunFolder(record);
    // The archive says how it ended; where that cannot be written it says what it said before.
    await writeFileAtomically(paths.record, formatRecord(failed(record))).catch(() => undefined);
  }
  const archive = await archiveBottle(layout, aside, facts.uid);
  await sayKept(aside.name, archive, context);
}

/** Says how work comes back out of the archive. */
async function sayKept(name: string, archive: string, context: SessionContext): Promise<void> {
  const bundles = (await readdir(archive).catch((): string[] => [])).filter(isBundle);
  if (bundles.length === 0) return;
  const base = await readBase(pathsIn(archive).base).catch(() => null);
  const places = bundles.map((bundle) => join(archive, bundle)).join(", ");
  context.say(`bottle: work of ${name} that had not landed is kept in ${places}; to have it back:`);
  context.say(`  bottle archive restore ${basename(archive)}${base?.kind === "copy" ? " FOLDER" : ""}`);
}

/** Keeps what has not landed, once: what is erased after that is no work any more, whoever goes on with the removal. */
async function settleWork(aside: Aside, backend: Backend, context: SessionContext, unlanded: Unlanded): Promise<void> {
  const { settled } = pathsIn(aside.folder);
  if ((await readTextFile(settled)).kind === "text") return;
  // Erased already, by a removal that could not end.
  const names = await readdir(aside.folder).catch((): string[] => []);
  if (!WORKSHOP_FOLDERS.some((name) => names.includes(name))) return;
  if (unlanded !== "discard") await keepUnlanded(aside, backend, context, unlanded);
  // On a full disk that is what may be lost by now.
  await writeFileAtomically(settled, "").catch((error: unknown) => {
    if (unlanded === "keep") throw error;
  });
}

async function keepUnlanded(
  { name, folder }: Aside,
  backend: Backend,
  context: SessionContext,
  unlanded: Unlanded,
): Promise<void> {
  try {
    const { keepWork } = await import("./work/keep.ts");
    await keepWork(name, pathsIn(folder), backend, context);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (unlanded === "try" && !context.signal.aborted) {
      context.say(`bottle: the work in ${name} could not be kept: ${why}`);
      return;
    }
    throw new BottleError("TEARDOWN_INCOMPLETE", `the work in ${name} has not landed and could not be kept: ${why}`, {
      hint: `bottle diff ${name} shows it; bottle rm --discard ${name} removes it with the bottle`,
      cause,
    });
  }
}

/** The record of a bottle whose host process did not get to say how it ended. */
export function failed(record: BottleRecord): BottleRecord {
  return { ...record, phase: "failed", endedAt: new Date().toISOString(), endReason: "host process lost" };
}

/** Removes the runtime folder that a dead host process left. Only what has the name of one: the rest is not ours. */
export async function removeRunFolder({ run }: Pick<BottleRecord, "run">): Promise<void> {
  const owner = ownerOfRunFolder(run);
  if (owner === null || isRunning(owner)) return;
  try {
    await removePrivateFolder(run);
  } catch (cause) {
    if (!isErrno(cause, "EACCES", "EPERM", "EBUSY", "EROFS", "EIO", "ENOSPC", "EDQUOT", "ENOMEM", "EMFILE", "ENFILE"))
      throw cause;
    throw new BottleError("TEARDOWN_INCOMPLETE", `${run} could not be removed`, { hint: "remove it by hand", cause });
  }
}

/**
 * Removes a bottle whose record cannot be read, when nothing of it runs: no cage has its name, and the host process
 * that its journal leads to is gone. Errors: BOTTLE_RUNNING, STATE_UNUSABLE, TEARDOWN_INCOMPLETE.
 */
export async function removeUnreadable(bottle: ListedBottle, context: SessionContext): Promise<void> {
  const { name } = bottle;
  const { journal } = bottlePaths(context.layout, name);
  const backends = await Promise.all((await journaledBackends(journal)).map(loadBackend));
  for (const backend of backends) {
    await removeLeftovers(name, backend, context);
    if (await backend.runs(name, context.facts)) {
      throw new BottleError("BOTTLE_RUNNING", `a cage of a bottle called ${name} runs`, {
        hint: "end the bottle start that it belongs to, then try again",
      });
    }
  }
  for (const { intent, detail } of await readJournal(journal)) {
    const owner = intent === "runtime folder" && typeof detail === "string" ? ownerOfRunFolder(detail) : null;
    if (owner === null) continue;
    if (isRunning(owner)) {
      throw new BottleError("BOTTLE_RUNNING", `the host process of ${name}, ${owner.pid}, runs`, {
        hint: `end it: kill ${owner.pid}`,
      });
    }
    await removeRunFolder({ run: String(detail) });
  }
  const [backend] = backends;
  if (backend !== undefined) await removeBottle(bottle, backend, context, "try");
}

/** Those that a start of the bottle was about to use; all where the journal names none. */
async function journaledBackends(journal: string): Promise<readonly string[]> {
  const named = (await readJournal(journal)).flatMap(({ intent, detail }) => (intent === "backend" ? [detail] : []));
  const known = BACKEND_NAMES.filter((name) => named.includes(name));
  return known.length > 0 && known.length === new Set(named).size ? known : BACKEND_NAMES;
}

/** Ends and removes what a dead host process left of its cage. */
export async function removeLeftovers(name: string, backend: Backend, { facts }: SessionContext): Promise<void> {
  for (const leftover of await backend.survey(facts, new Set())) {
    if (leftover.bottle === name) await backend.remove(leftover, facts);
  }
}
