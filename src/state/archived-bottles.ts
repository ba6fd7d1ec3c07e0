import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type BottlePaths, type Layout, pathsIn } from "./layout.ts";

/** Paths of the removed bottles that were called `name`, the last one first. Only what `archiveBottle` kept is there. */
export async function archivedBottles(layout: Layout, name: string): Promise<readonly BottlePaths[]> {
  const names = await readdir(layout.archive).catch((): string[] => []);
  const own = names.filter((it) => it.startsWith(`${name}-`) && /^\d{8}T\d{6,12}Z$/.test(it.slice(name.length + 1)));
  return own
    .sort()
    .reverse()
    .map((folder) => pathsIn(join(layout.archive, folder)));
}
