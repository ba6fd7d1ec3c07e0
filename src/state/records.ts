import { access, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { isErrno, makePrivateFolder, readTextFile, syncPath, writeFileAtomically } from "../host/files.ts";
import { removeFlatFolder } from "./bottle-folder.ts";
import { type BottleState, stateOf } from "./bottle-state.ts";
import { newDraft } from "./drafts.ts";
import { bottlePaths, type Layout, type LivePaths, livePaths, pathsIn } from "./layout.ts";
import { formatRecord, parseRecord } from "./record-format.ts";
import { writeEnd } from "./record-spare.ts";

/** A bottle's folder as a listing sees it; `problem` is half a sentence about the record that cannot be read. */
export type ListedBottle =
  | { readonly name: string; readonly record: BottleRecord; readonly state: BottleState; readonly problem: null }
  | { readonly name: string; readonly record: null; readonly state: "unreadable"; readonly problem: string };

/**
 * Makes the bottle's folders and record. The name is taken atomically: the folder is made whole under another name
 * and renamed, which fails when a folder with content stands there, so two starts at one moment never share a name and
 * nobody ever sees a bottle without its record. Errors: NAME_TAKEN, STATE_UNUSABLE.
 */
export async function createRecord(layout: Layout, record: BottleRecord, uid: number): Promise<LivePaths> {
  const paths = livePaths(layout, record);
  await makePrivateFolder(layout.state, uid);
  await makePrivateFolder(layout.bottles, uid);
  const draft = newDraft(layout);
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFileAtomically(join(draft, "record.json"), formatRecord(record));
    await mkdir(join(draft, "home"), { mode: 0o700 });
    await mkdir(join(draft, "workspace"), { mode: 0o700 });
    await mkdir(join(draft, "base"), { mode: 0o755 });
    await rename(draft, paths.folder);
    // Before anything is made that outlives a power cut, as a container: its journal lies in here.
    await syncPath(layout.bottles);
  } catch (error) {
    await removeFlatFolder(draft).catch(() => {});
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) {
      const taken = await findBottle(layout, record.name);
      const force = taken?.problem === null ? "" : "--force ";
      const hint = `choose another --name, or: bottle rm ${force}${record.name}`;
      throw new BottleError("NAME_TAKEN", `a bottle called ${record.name} exists`, { hint });
    }
    if (error instanceof BottleError) throw error;
    const hint = "check the free space and the rights of the folder";
    throw new BottleError("STATE_UNUSABLE", `${layout.bottles} cannot be written`, { hint, cause: error });
  }
  return paths;
}

/** The record of a bottle. Errors: BOTTLE_NOT_FOUND; STATE_UNUSABLE when the file cannot be read. */
export async function readRecord(layout: Layout, name: string): Promise<BottleRecord> {
  const listed = await findBottle(layout, name);
  if (listed === null) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}`, { hint: "bottle ls shows all" });
  }
  if (listed.record === null) throw unreadable(layout, listed);
  return listed.record;
}

/** The error for a bottle whose record cannot be read. */
export function unreadable(layout: Layout, { name, problem }: ListedBottle): BottleError {
  const { folder } = bottlePaths(layout, name);
  return new BottleError("STATE_UNUSABLE", `the record of ${name} ${problem}`, {
    hint: `look at ${folder}, or remove it: bottle rm --force ${name}`,
  });
}

/** One bottle as a listing sees it; null when there is none of this name. */
export async function findBottle(layout: Layout, name: string): Promise<ListedBottle | null> {
  const { folder } = bottlePaths(layout, name);
  const bottle = await readBottle(folder, name);
  if (bottle.problem !== MISSING) return bottle;
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists ? bottle : null;
}

const MISSING = "is missing";

type NamedRecord = Pick<ListedBottle, "name" | "record">;

/**
 * The bottle in a folder, wherever that stands by now. Its host process may write how it ended and be gone between the
 * reading of the record and the look at the process: a record is read again before it is called lost.
 */
export async function readBottle(folder: string, name: string): Promise<ListedBottle> {
  const unreadable = (problem: string): ListedBottle => ({ name, record: null, state: "unreadable", problem });
  let before: string | null = null;
  for (;;) {
    const file = await readTextFile(pathsIn(folder).record, { followLinks: false });
    if (file.kind === "unreadable") return unreadable(file.why);
    if (file.kind === "missing") return unreadable(MISSING);
    const parsed = parseRecord(file.text);
    if (!parsed.ok) return unreadable(parsed.problem);
    const { record } = parsed;
    if (record.name !== name) return unreadable(`names another bottle (${record.name})`);
    const state = stateOf(record);
    if (state !== "lost" || file.text === before) return { name, record, state, problem: null };
    before = file.text;
  }
}

/** Is this the same bottle, and not a later one of the same name? Of records that cannot be read none is known apart. */
export function sameBottle(one: NamedRecord, other: NamedRecord): boolean {
  const key = ({ name, record }: NamedRecord) => JSON.stringify([name, record?.createdAt, record?.host]);
  return key(one) === key(other);
}

/** Every bottle on this host, by name; one that cannot be read never hides the others. */
export async function listBottles(layout: Layout): Promise<readonly ListedBottle[]> {
  let names: string[];
  try {
    names = await readdir(layout.bottles);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw new BottleError("STATE_UNUSABLE", `${layout.bottles} cannot be listed`, { cause: error });
  }
  const listed = await Promise.all(
    names
      .filter(isName)
      .sort()
      .map((name) => findBottle(layout, name)),
  );
  return listed.filter((bottle) => bottle !== null);
}

const updates = new Map<string, Promise<unknown>>();

/**
 * Reads the record, changes it and replaces the file; changes of this process queue up. Only the bottle's host process
 * changes its record; another process does so only after that one has ended. A change to null is none. Returns the
 * record as it is then.
 */
export function updateRecord(
  layout: Layout,
  name: string,
  change: (record: BottleRecord) => BottleRecord | null,
): Promise<BottleRecord> {
  const { record: path, spare } = bottlePaths(layout, name);
  const before = updates.get(path) ?? Promise.resolve();
  const update = before
    .catch(() => {})
    .then(async () => {
      const found = await readRecord(layout, name);
      const next = change(found);
      if (next === null) return found;
      if (next.endedAt === null) await writeFileAtomically(path, formatRecord(next));
      else await writeEnd(path, spare, formatRecord(next));
      return next;
    });
  updates.set(path, update);
  const forget = () => {
    if (updates.get(path) === update) updates.delete(path);
  };
  update.then(forget, forget);
  return update;
}

/**
 * Removes what is left of a bottle's own folder: our files, then the two agent-writable folders, which must be gone or
 * empty by then (`Backend.erase`): host code never walks them (attack row 143). Idempotent. Errors: TEARDOWN_INCOMPLETE.
 */
export async function removeBottleFolder(layout: Layout, name: string): Promise<void> {
  await removeFlatFolder(bottlePaths(layout, name).folder);
}
