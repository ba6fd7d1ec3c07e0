import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../core/model/errors.ts";
import { isErrno, syncPath, unwritable } from "../../host/files.ts";
import { holdName } from "../../host/held-name.ts";
import { bootId, isRunning, ownIdentity } from "../../host/process-identity.ts";
import { areRecorded, recordFiles } from "./recorded-files.ts";

/** `unpacked`: of compressed images; `derived`: rewritten ones; `exported`: of an engine; `packs`. */
const SHELVES = ["unpacked", "derived", "exported", "packs"] as const;

export interface CacheOrder {
  readonly shelf: (typeof SHELVES)[number];
  /** What the entry is made from; equal words, equal entries. */
  readonly key: readonly string[];
  /** Names of the files that make it whole. */
  readonly files: readonly string[];
  /** Writes these files into the folder. Whatever it throws, nothing of them is kept. */
  readonly make: (folder: string) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** An entry of which no machine was made for so long goes when another one is made. */
const UNUSED_MS = 30 * 24 * 60 * 60 * 1000;
/** How often it is asked whether another process is done. */
const EVERY_MS = 100;
const DRAFT = /^draft-(\d{1,10})-(\d{1,20})-([0-9a-f]{8})-[0-9a-f]{12}$/;

/** What is made from images, below the user's cache. */
function imageCache(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") === true ? cache : join(homedir(), ".cache"), "bot-bottle", "smolmachines");
}

/**
 * The folder of an entry, made when it is not there or damaged: in a draft beside, which gets its name when it is whole.
 * Of several at once one makes it and the others wait; who is killed meanwhile leaves a draft, which the next one removes.
 * Rejects with what `make` does, STATE_UNUSABLE, or BOTTLE_GONE after an abort.
 */
export async function cached(order: CacheOrder): Promise<string> {
  const { shelf, key, files, signal } = order;
  const folder = join(imageCache(), shelf);
  const place = join(folder, createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 40));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { dev, ino } = await stat(folder);
    while (!(await areRecorded(place, files))) {
      stopped(signal);
      await using held = await holdName(`smolmachines ${dev} ${ino} ${place}`);
      if (held === null) await delay(EVERY_MS);
      // It may have been made between the look and the hold.
      else if (!(await areRecorded(place, files))) await fill(folder, place, order);
    }
    await utimes(place, new Date(), new Date());
    return place;
  } catch (error) {
    throw unwritable(place, error);
  }
}

function stopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
}

async function fill(folder: string, place: string, { files, make, signal }: CacheOrder): Promise<void> {
  await sweep(folder);
  const [draft, aside] = [join(folder, draftName()), join(folder, draftName())];
  await mkdir(draft, { mode: 0o700 });
  try {
    await make(draft);
    stopped(signal);
    await recordFiles(draft, files);
    // What stands there is damaged. Renamed first: half of it must not be seen.
    await rename(place, aside).catch((error: unknown) => {
      if (!isErrno(error, "ENOENT")) throw error;
    });
    await rename(draft, place).catch((error: unknown) => {
      // Another one, who does not see our hold, was first: its entry is as good.
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    });
    await syncPath(folder);
  } finally {
    await Promise.all([draft, aside].map((path) => rm(path, { recursive: true, force: true })));
  }
}

function draftName(): string {
  const { pid, startTime, bootId } = ownIdentity();
  return `draft-${pid}-${startTime}-${bootId.slice(0, 8)}-${randomBytes(6).toString("hex")}`;
}

/** Removes drafts whose maker is gone, and what was not used for long. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!isDeadDraft(name) && (DRAFT.test(name) || !(await isUnused(path)))) continue;
    // What a killed maker had started may write there still: then the next sweep gets it.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isDeadDraft(name: string): boolean {
  const [, pid, startTime, boot = ""] = DRAFT.exec(name) ?? [];
  const now = bootId();
  const maker = { pid: Number(pid), startTime: Number(startTime), bootId: now.startsWith(boot) ? now : boot };
  return pid !== undefined && !isRunning(maker);
}

/** What killed makers left, as `SHELF/NAME`. */
export async function deadDrafts(): Promise<readonly string[]> {
  const found = SHELVES.map(async (shelf) => {
    const names = await readdir(join(imageCache(), shelf)).catch(() => []);
    return names.filter(isDeadDraft).map((name) => `${shelf}/${name}`);
  });
  return (await Promise.all(found)).flat();
}

/** Removes one of `deadDrafts`, after looking again. Idempotent. Rejects with the system's errors. */
export async function removeDraft(id: string): Promise<void> {
  const [shelf = "", name = "", ...rest] = id.split("/");
  if (!SHELVES.some((one) => one === shelf) || rest.length > 0 || !isDeadDraft(name)) return;
  await rm(join(imageCache(), shelf, name), { recursive: true, force: true });
}

async function isUnused(path: string): Promise<boolean> {
  const used = await stat(path).catch(() => null);
  return used !== null && Date.now() - used.mtimeMs > UNUSED_MS;
}
