import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the locks and the half-written packs that a git program left in a mirror when it was killed: by its deadline, with
 * its client, or with the host process. Git itself would wait for them for ever. Only while nobody else is inside.
 */
export async function sweepLocks(gitDir: string): Promise<void> {
  const places = [
    { folder: gitDir, recursive: false, mark: /\.lock$/ },
    // No ref can be called so (git-check-ref-format(1)).
    { folder: join(gitDir, "refs"), recursive: true, mark: /\.lock$/ },
    { folder: join(gitDir, "objects", "pack"), recursive: false, mark: /^(?:tmp_|\.tmp-)/ },
  ];
  for (const { folder, recursive, mark } of places) {
    const names = await readdir(folder, { recursive });
    await removeAll(names.filter((name) => mark.test(name)).map((name) => join(folder, name)));
  }
}

/** Removes what pushes brought that were never answered. Only before the first push of this process. */
export async function sweepQuarantines(gitDir: string): Promise<void> {
  const objects = join(gitDir, "objects");
  const names = await readdir(objects);
  await removeAll(names.filter((name) => name.startsWith("tmp_objdir-")).map((name) => join(objects, name)));
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}
