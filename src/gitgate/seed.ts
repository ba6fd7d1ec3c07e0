import { createHmac, randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "../host/git.ts";

/**
 * Objects that a server gave to one bottle, kept so that the next bottle need not fetch them again. A mirror takes them by
 * hard links, as files that nobody writes any more: what becomes of the seed or of another bottle is nothing to it, and a
 * seed can be removed at any moment. Into a seed goes only what the first fetch of a mirror brought, checked by git
 * (fsck), before anything was pushed to that mirror: no bottle has a way to put an object there.
 */
export interface Seed {
  /** Gives a new, empty mirror the objects and the refs of the seed; false: there is none. */
  plant(git: Git, gitDir: string): Promise<boolean>;
  /** Keeps what the first fetch brought in the place of what was kept before. */
  harvest(git: Git, gitDir: string): Promise<void>;
}

/** A repository below this is fetched sooner than shared. */
const LEAST_BYTES = 4 << 20;
/** Each harvest may add a pack; a seed of more is given up, and with it what no ref leads to any more. */
const MOST_PACKS = 20;
const UNUSED_MS = 30 * 24 * 60 * 60 * 1000;
const ID = /^[0-9a-f]{32}$/;

/**
 * The seed for `who`: URL and credential, all of it, so that a bottle gets nothing that another one's credential fetched
 * (and it must still ask the server with its own before it shows a ref). Null where the folder cannot be used.
 */
export async function findSeed(folder: string, who: readonly string[]): Promise<Seed | null> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Keyed, so that the name of a folder is no place to guess a password at.
    const id = createHmac("sha256", await keyOf(folder))
      .update(JSON.stringify(who))
      .digest("hex")
      .slice(0, 32);
    return seedAt(folder, join(folder, id));
  } catch {
    return null;
  }
}

/** Whether a mirror has no object yet: only such a one takes a seed, or makes one. */
export async function isEmpty(gitDir: string): Promise<boolean> {
  return (await readdir(join(gitDir, "objects", "pack"))).length === 0;
}

function seedAt(folder: string, place: string): Seed {
  return {
    plant: async (git, gitDir) => {
      const pack = join(gitDir, "objects", "pack");
      try {
        const refs = await readFile(join(place, "packed-refs"));
        await mkdir(pack, { recursive: true });
        for (const name of packFiles(await readdir(join(place, "pack")))) {
          await link(join(place, "pack", name), join(pack, name));
        }
        await writeFile(join(gitDir, "packed-refs"), refs);
        // Every tip is read: a seed that lost a file is none.
        await git.run(["for-each-ref", "--format=%(objecttype)"]);
        await utimes(place, new Date(), new Date());
        return true;
      } catch {
        // None, on another disk, or removed while it was linked.
        await rm(join(gitDir, "packed-refs"), { force: true });
        await rm(pack, { recursive: true, force: true });
        await mkdir(pack);
        return false;
      }
    },
    harvest: async (git, gitDir) => {
      const draft = join(folder, `draft-${randomBytes(8).toString("hex")}`);
      try {
        await removeUnused(folder);
        const pack = join(gitDir, "objects", "pack");
        const names = packFiles(await readdir(pack));
        const sizes = await Promise.all(names.map(async (name) => (await stat(join(pack, name))).size));
        if (names.filter((name) => name.endsWith(".pack")).length > MOST_PACKS) return await discard(place, draft);
        if (sizes.reduce((sum, size) => sum + size, 0) < LEAST_BYTES) return;
        await mkdir(join(draft, "pack"), { recursive: true, mode: 0o700 });
        for (const name of names) await link(join(pack, name), join(draft, "pack", name));
        const refs = await git.run(["for-each-ref", "--format=%(objectname) %(refname)"]);
        await writeFile(join(draft, "packed-refs"), refs);
        await discard(place, `${draft}-old`);
        await rename(draft, place);
      } catch {
        // The next bottle fetches for itself, or finds what another one kept at the same moment.
        await rm(draft, { recursive: true, force: true });
      }
    },
  };
}

/** Packs before their indexes: git sees a pack by its index. */
function packFiles(names: readonly string[]): readonly string[] {
  const packs = names.filter((name) => /^pack-[0-9a-f]+\.(?:pack|idx|rev)$/.test(name));
  return packs.toSorted((a, b) => Number(a.endsWith(".idx")) - Number(b.endsWith(".idx")));
}

/** Out of the way in one step, then gone. */
async function discard(place: string, aside: string): Promise<void> {
  await rename(place, aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

async function removeUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!ID.test(name) && !name.startsWith("draft-")) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > UNUSED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** The key of this folder, made by whoever is first. */
async function keyOf(folder: string): Promise<Buffer> {
  const path = join(folder, "key");
  const draft = join(folder, `draft-${randomBytes(8).toString("hex")}`);
  const found = await readFile(path).catch(() => null);
  if (found !== null) return found;
  await writeFile(draft, randomBytes(32), { mode: 0o600 });
  await link(draft, path).catch(() => undefined);
  await unlink(draft);
  return readFile(path);
}
