import { loadBackend } from "../../backends/builtins.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { RepositoryBase, WorkBase } from "../../core/model/work.ts";
import { readBase } from "../../state/base-file.ts";
import { bottlePaths } from "../../state/layout.ts";
import { readRecord } from "../../state/records.ts";
import { refuseSettled } from "../../state/settled.ts";
import type { SessionContext } from "../context.ts";
import type { CollectRequest, collectWork } from "./collect.ts";
import type { CollectedWork } from "./collected.ts";
import { hasBase, type ImportedWork, importWork, openQuarantine, type Quarantine } from "./quarantine.ts";

/** Gets the work of one repository out of a bottle, running or ended: `collectWork`. */
export type Collect = typeof collectWork;

/** All work of a bottle, checked; disposing removes the quarantines. */
export interface BottleWork extends AsyncDisposable {
  readonly name: string;
  /** The bottle's own folder. */
  readonly folder: string;
  readonly base: WorkBase;
  readonly repositories: readonly ImportedWork[];
}

/**
 * Collects and checks the work of a bottle, each repository in a quarantine of its own.
 * Errors: BOTTLE_NOT_FOUND, WORK_NONE, WORK_UNREADABLE, STATE_UNUSABLE, GIT_FAILED.
 */
export async function importBottleWork(name: string, collect: Collect, context: SessionContext): Promise<BottleWork> {
  const record = await readRecord(context.layout, name);
  const paths = bottlePaths(context.layout, name);
  await refuseSettled(name, paths);
  const base = await readBase(paths.base);
  if (base === null) {
    const bound = record.workspace.mode === "bind";
    throw new BottleError("WORK_NONE", `${name} keeps no work of its own`, {
      hint: bound
        ? `its agent works in ${record.workspace.host} itself: look there`
        : "it ended before its workspace was complete, or was started by an older bottle",
    });
  }
  return importRepositories({ name, paths, backend: await loadBackend(record.backend), base }, collect, context);
}

/** Where the work of a bottle lies. */
export type WorkSource = Pick<CollectRequest, "name" | "paths" | "backend" | "base">;

/**
 * As `importBottleWork`, wherever the bottle's folder stands by now. `skip`: of what a bottle says about a repository,
 * whether it is left out of the answer, unchecked.
 */
export async function importRepositories(
  { name, paths, backend, base }: WorkSource,
  collect: Collect,
  context: Pick<SessionContext, "facts" | "signal">,
  skip: ((collected: CollectedWork) => boolean) | null = null,
): Promise<BottleWork> {
  const { folder } = paths;
  const repositories: ImportedWork[] = [];
  const dispose = async () => {
    for (const { quarantine } of repositories) await quarantine[Symbol.asyncDispose]();
  };
  try {
    for (const repository of base.repositories) {
      const collectIt = (full: boolean) => collect({ name, backend, paths, base, repository, full }, context);
      const imported = await importRepository(repository, folder, collectIt, context, skip);
      if (imported !== null) repositories.push(imported);
    }
    return { name, folder, base, repositories, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** By a thin pack; where that needs what is not there any more (a repository that was deleted, or gc), by a full one. */
async function importRepository(
  repository: RepositoryBase,
  folder: string,
  collect: (full: boolean) => ReturnType<Collect>,
  context: Pick<SessionContext, "facts" | "signal">,
  skip: ((collected: CollectedWork) => boolean) | null,
): Promise<ImportedWork | null> {
  const open = async (full: boolean): Promise<Quarantine> => {
    const quarantine = await openQuarantine(folder, repository, context.facts);
    if (full || (await hasBase(quarantine))) return quarantine;
    await quarantine[Symbol.asyncDispose]();
    throw new BottleError("WORK_UNREADABLE", "its base is gone");
  };
  const attempt = async (full: boolean) => {
    // Where there may be nothing to import, that is asked first: a quarantine is made by several processes of git.
    let quarantine = skip === null ? await open(full) : null;
    try {
      const collected = await collect(full);
      try {
        if (skip?.(collected) === true) return null;
        quarantine ??= await open(full);
        return await importWork(quarantine, collected);
      } finally {
        // What went wrong inside says more than a pack that was cut off.
        collected.pack.destroy();
        await collected.done;
      }
    } catch (error) {
      await quarantine?.[Symbol.asyncDispose]();
      throw error;
    }
  };
  try {
    return await attempt(false);
  } catch (error) {
    if (!(error instanceof BottleError) || error.code !== "WORK_UNREADABLE") throw error;
    return attempt(true);
  }
}
