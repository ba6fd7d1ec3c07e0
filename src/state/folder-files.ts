import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { bottlePaths, type Layout } from "./layout.ts";

/** One entry of a bottle's folder; `bytes` is null for folders, which may be agent-writable and are not entered. */
export interface FolderFile {
  readonly path: string;
  readonly bytes: number | null;
}

/** What lies in a bottle's folder, by name. Host code looks no deeper (attack row 143). */
export async function folderFiles(layout: Layout, name: string): Promise<readonly FolderFile[]> {
  const { folder } = bottlePaths(layout, name);
  const names = await readdir(folder).catch((): string[] => []);
  const found = await Promise.all(
    names.sort().map(async (entry): Promise<FolderFile[]> => {
      const path = join(folder, entry);
      const stat = await lstat(path).catch(() => null);
      return stat === null ? [] : [{ path, bytes: stat.isFile() ? stat.size : null }];
    }),
  );
  return found.flat();
}
