import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { isName } from "../core/model/ids.ts";
import { isBundle } from "./bottle-folder.ts";
import { type BottlePaths, type Layout, pathsIn } from "./layout.ts";
import { readBottle } from "./records.ts";

/** What was kept of one removed bottle. */
export interface ArchivedBottle {
  /** Name and creation time: its folder in the archive; no other has it. */
  readonly id: string;
  readonly name: string;
  readonly paths: BottlePaths;
  /** Null where it cannot be read. */
  readonly record: BottleRecord | null;
  /** Names of files with work that had not landed, in the order of the repositories. */
  readonly bundles: readonly string[];
  /** Of all files. */
  readonly bytes: number;
  /** When something was last put there, which is when the bottle was removed. */
  readonly removedAt: Date;
}

const ID = /^(.+)-(\d{8}T\d{6,12}Z)$/;

function nameIn(id: string): string | null {
  const name = ID.exec(id)?.[1];
  return name !== undefined && isName(name) ? name : null;
}

/** Paths of the removed bottles that were called `name`, the last one first. Only what `archiveBottle` kept is there. */
export async function archivedBottles(layout: Layout, name: string): Promise<readonly BottlePaths[]> {
  const ids = await readdir(layout.archive).catch((): string[] => []);
  return ids
    .filter((id) => nameIn(id) === name)
    .sort()
    .reverse()
    .map((id) => pathsIn(join(layout.archive, id)));
}

/** Everything in the archive, the oldest first. */
export async function listArchive(layout: Layout): Promise<readonly ArchivedBottle[]> {
  const ids = await readdir(layout.archive).catch((): string[] => []);
  const found = await Promise.all(
    ids.map(async (id) => {
      const name = nameIn(id);
      return name === null ? null : archived(id, name, join(layout.archive, id));
    }),
  );
  return found
    .filter((bottle) => bottle !== null)
    .sort((a, b) => a.removedAt.getTime() - b.removedAt.getTime() || (a.id < b.id ? -1 : 1));
}

/** Null for one that has gone in the meantime, or is no folder. */
async function archived(id: string, name: string, folder: string): Promise<ArchivedBottle | null> {
  const own = await lstat(folder).catch(() => null);
  if (own?.isDirectory() !== true) return null;
  const files = await readdir(folder).catch((): string[] => []);
  const sizes = await Promise.all(
    files.map((file) =>
      lstat(join(folder, file)).then(
        (stat) => stat.size,
        () => 0,
      ),
    ),
  );
  const { record } = await readBottle(folder, name);
  return {
    id,
    name,
    paths: pathsIn(folder),
    record,
    bundles: files.filter(isBundle).sort((a, b) => a.length - b.length || (a < b ? -1 : 1)),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    removedAt: own.mtime,
  };
}
