import { readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { STORED_FOLDERS } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isErrno, isTempName } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { SPARE } from "./record-spare.ts";

/** Name of the mark that what has not landed was kept; it goes with the folder. */
export const SETTLED = "settled";

/** What is ours in a bottle's folder, beside its record; archived, or removed with it. */
const OWN_FILES: readonly string[] = [
  "audit.jsonl",
  "policy.json",
  "plan.json",
  "provisioned.json",
  "journal.jsonl",
  "usage.json",
  "agent.log",
  "host.log",
  "base.json",
  "shown.json",
  "applied.json",
  SETTLED,
  SPARE,
  STORED_FOLDERS,
];

/** What of it means nothing without the rest. */
const NOT_ARCHIVED: readonly string[] = [SETTLED, SPARE, STORED_FOLDERS];

/** True for a file of ours. */
function isOwnFile(name: string): boolean {
  return OWN_FILES.includes(name) || isBundle(name);
}

/** True for a file of ours that outlives the bottle. */
export function isArchived(name: string): boolean {
  return isOwnFile(name) && !NOT_ARCHIVED.includes(name);
}

/** True for a file with work that had not landed when its bottle was removed (session/work/keep). */
export function isBundle(name: string): boolean {
  return /^work(?:-\d{1,4})?\.bundle$/.test(name);
}

/** Folder of what waits for the operator; empty but for a host process that was killed. */
export const PROPOSALS = "proposals";

/** Folder of what happened and the operator has not seen yet. */
export const INCIDENTS = "incidents";

/** Folder of the git gate's mirrors: of a server's objects and of what was pushed, never a work tree. */
export const GATE_FOLDER = "git";

/** Ours whole, and flat or a mirror. */
const FOLDERS: readonly string[] = [PROPOSALS, INCIDENTS, GATE_FOLDER];

/** Folders in which an agent's work is judged (session/work/quarantine); one is left only by a process that was killed. */
export const QUARANTINE_PREFIX = "quarantine-";

/** What is filled and erased in a workshop. */
export const WORKSHOP_FOLDERS = ["home", "workspace", "base", "scratch"] as const;

/**
 * Removes our files in a bottle's folder, wherever that stands, then its two agent-writable folders, which must be gone
 * or empty by then, and the folder itself. Idempotent. Errors: TEARDOWN_INCOMPLETE.
 */
export async function removeFlatFolder(folder: string): Promise<void> {
  try {
    await removeKnown(folder);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return;
    throw new BottleError("TEARDOWN_INCOMPLETE", `${folder} could not be removed`, {
      hint: "what is still in it was not made by bot-bottle: move it away",
      cause,
    });
  }
}

async function removeKnown(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names) {
    if (isOwnFile(name) || isTempName(name)) await unlink(join(folder, name));
    if (FOLDERS.includes(name) || name.startsWith(QUARANTINE_PREFIX)) await removePrivateFolder(join(folder, name));
  }
  for (const name of WORKSHOP_FOLDERS) {
    if (names.includes(name)) await rmdir(join(folder, name));
  }
  // Last, so that a removal that was cut short is still listed and can be done again.
  if (names.includes("record.json")) await unlink(join(folder, "record.json"));
  await rmdir(folder);
}
