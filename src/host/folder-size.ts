import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What lies in a folder. */
export interface FolderSize {
  /** On the disk. */
  readonly bytes: number;
  readonly files: number;
}

/** More than a cache of ours holds. What is beyond is not counted. */
const MOST_ENTRIES = 200_000;

/**
 * Size of a folder of ours; never of one that an agent can write to, which only a throw-away cage may walk (attack row 143).
 * No link is followed. What goes in the meantime, and what cannot be read, is not counted.
 */
export function folderSize(folder: string): FolderSize {
  let bytes = 0;
  let files = 0;
  const waiting = [folder];
  for (let place = waiting.pop(); place !== undefined && files < MOST_ENTRIES; place = waiting.pop()) {
    for (const entry of entriesOf(place)) {
      const path = join(place, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) {
        const stat = lstatSync(path, { throwIfNoEntry: false });
        bytes += (stat?.blocks ?? 0) * 512;
        files += stat === undefined ? 0 : 1;
      }
    }
  }
  return { bytes, files };
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
