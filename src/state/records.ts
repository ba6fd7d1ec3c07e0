import { randomBytes } from "node:crypto";
import { access, mkdir, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { isErrno, isTempName, makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";
import { bottlePaths, type Layout, type LivePaths, livePaths } from "./layout.ts";
import { formatRecord, parseRecord } from "./record-format.ts";

/** A bottle's folder as a listing sees it; `problem` is half a sentence about the file that cannot be read. */
export type ListedBottle =
  | { readonly name: string; readonly record: BottleRecord; readonly problem: null }
  | { readonly name: string; readonly record: null; readonly problem: string };

const DRAFT = /^\.new-(\d+)-[0-9a-f]{12}$/;

/**
 * Makes the bottle's folders and record. The name is taken atomically: the folder is made whole under another name
 * and renamed, which fails when a folder with content stands there, so two starts at one moment never share a name and
 * nobody ever sees a bottle without its record. Errors: NAME_TAKEN, STATE_UNUSABLE.
 */
export async function createRecord(layout: Layout, record: BottleRecord, uid: number): Promise<LivePaths> {
  const paths = livePaths(layout, record);
  await makePrivateFolder(layout.state, uid);
  await makePrivateFolder(layout.bottles, uid);
  const draft = join(layout.bottles, `.new-${process.pid}-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFileAtomically(join(draft, "record.json"), formatRecord(record));
    await mkdir(join(draft, "home"), { mode: 0o700 });
    await mkdir(join(draft, "workspace"), { mode: 0o700 });
    await rename(draft, paths.folder);
  } catch (error) {
    await removeFlatFolder(draft).catch(() => {});
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) {
      const hint = `choose another --name, or: bottle rm ${record.name}`;
      throw new BottleError("NAME_TAKEN", `a bottle called ${record.name} exists`, { hint });
    }
    const hint = "check the free space and the rights of the folder";
    throw new BottleError("STATE_UNUSABLE", `${layout.bottles} cannot be written`, { hint, cause: error });
  }
  return paths;
}

/** The record of a bottle. Errors: BOTTLE_NOT_FOUND; STATE_UNUSABLE when the file cannot be read. */
export async function readRecord(layout: Layout, name: string): Promise<BottleRecord> {
  const listed = await readListed(layout, name);
  if (listed === null) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}`, { hint: "bottle ls shows all" });
  }
  if (listed.record === null) {
    const hint = `its folder is ${bottlePaths(layout, name).folder}; bottle prune removes what cannot be used`;
    throw new BottleError("STATE_UNUSABLE", `the record of ${name} ${listed.problem}`, { hint });
  }
  return listed.record;
}

async function readListed(layout: Layout, name: string): Promise<ListedBottle | null> {
  const paths = bottlePaths(layout, name);
  const file = await readTextFile(paths.record, { followLinks: false });
  if (file.kind === "unreadable") return { name, record: null, problem: file.why };
  if (file.kind === "missing") {
    const exists = await access(paths.folder).then(
      () => true,
      () => false,
    );
    return exists ? { name, record: null, problem: "is missing" } : null;
  }
  const parsed = parseRecord(file.text);
  if (!parsed.ok) return { name, record: null, problem: parsed.problem };
  if (parsed.record.name !== name)
    return { name, record: null, problem: `names another bottle (${parsed.record.name})` };
  return { name, record: parsed.record, problem: null };
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
      .map((name) => readListed(layout, name)),
  );
  return listed.filter((bottle) => bottle !== null);
}

const updates = new Map<string, Promise<unknown>>();

/**
 * Reads the record, changes it and replaces the file; changes of this process queue up. Only the bottle's host process
 * changes its record; another process does so only after that one has ended. Returns the new record.
 */
export function updateRecord(
  layout: Layout,
  name: string,
  change: (record: BottleRecord) => BottleRecord,
): Promise<BottleRecord> {
  const { record: path } = bottlePaths(layout, name);
  const before = updates.get(path) ?? Promise.resolve();
  const update = before
    .catch(() => {})
    .then(async () => {
      const next = change(await readRecord(layout, name));
      await writeFileAtomically(path, formatRecord(next));
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
  const { folder } = bottlePaths(layout, name);
  try {
    await removeFlatFolder(folder);
  } catch (error) {
    throw new BottleError("TEARDOWN_INCOMPLETE", `${folder} could not be removed`, { cause: error });
  }
}

/** Removes the folder of a start that was killed before its bottle had a name. Returns their names. */
export async function removeDrafts(layout: Layout, isAlive: (pid: number) => boolean): Promise<readonly string[]> {
  const names = await readdir(layout.bottles).catch((): string[] => []);
  const removed: string[] = [];
  for (const name of names) {
    const pid = DRAFT.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await removeFlatFolder(join(layout.bottles, name));
    removed.push(name);
  }
  return removed;
}

const OWN_FILES = ["plan.json", "policy.json", "journal.jsonl", "audit.jsonl", "agent.log"];

async function removeFlatFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
  if (names === null) return;
  for (const name of names) {
    if (OWN_FILES.includes(name) || isTempName(name)) await unlink(join(folder, name));
  }
  for (const name of ["home", "workspace"]) {
    if (names.includes(name)) await rmdir(join(folder, name));
  }
  // Last, so that a removal that was cut short is still listed and can be done again.
  if (names.includes("record.json")) await unlink(join(folder, "record.json"));
  await rmdir(folder);
}
