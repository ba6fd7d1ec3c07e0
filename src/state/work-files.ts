import { join } from "node:path";
import type { RawPath, TreeEntry } from "../core/model/work.ts";
import type { Fields } from "../core/plan/checks.ts";
import { isFields } from "../core/plan/fields.ts";
import { readTextFile, writeFileAtomically } from "../host/files.ts";

/** Files of a bottle's work, beside its record; written by us only. */
const WORK_FILES = { shown: "shown.json", applied: "applied.json" } as const;

const ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

const isId = (value: unknown): value is string => typeof value === "string" && ID.test(value);

/** What the operator was last shown: id of the work by `shownKey`. */
export type ShownWork = Readonly<Record<string, string>>;

/** Names a repository of a bottle, as it is or as another of its refs has it. */
export function shownKey(repository: string, from: string | null): string {
  return from === null ? repository : `${repository}@${from}`;
}

/** Remembers what was shown, beside what was before. Errors: STATE_UNUSABLE. */
export async function addShown(folder: string, more: ShownWork): Promise<void> {
  const shown = { ...(await readShown(folder)), ...more };
  await writeFileAtomically(join(folder, WORK_FILES.shown), `${JSON.stringify({ schema: 1, shown }, null, 2)}\n`);
}

/** What was shown last. What cannot be read was never shown. */
export async function readShown(folder: string): Promise<ShownWork> {
  const value = await readJson(join(folder, WORK_FILES.shown));
  if (value === null || !isFields(value.shown)) return {};
  return Object.fromEntries(Object.entries(value.shown).filter((entry): entry is [string, string] => isId(entry[1])));
}

/** One time that work of a repository landed. */
export interface AppliedWork {
  /** Path of the repository in the workspace. */
  readonly repository: string;
  /** The agent's commit up to which commits have landed; null when only files did. */
  readonly head: string | null;
  /** The work that landed: head and what was uncommitted. */
  readonly work: string;
  /** The operator's commit that it became; null when nothing was committed. */
  readonly commit: string | null;
  /** `HEAD`, a branch, `files`. */
  readonly onto: string;
  /** Each file that landed, where it was not all of `work`, or no repository would remember it; else null. */
  readonly landed: readonly (readonly [RawPath, TreeEntry | null])[] | null;
  readonly time: string;
}

/** What of this bottle has landed, oldest first. What cannot be read has not. */
export async function readApplied(folder: string): Promise<readonly AppliedWork[]> {
  const value = await readJson(join(folder, WORK_FILES.applied));
  if (value === null || !Array.isArray(value.applied)) return [];
  return value.applied.filter(
    (entry): entry is AppliedWork =>
      isFields(entry) &&
      typeof entry.repository === "string" &&
      (entry.head === null || isId(entry.head)) &&
      isId(entry.work) &&
      (entry.commit === null || isId(entry.commit)) &&
      typeof entry.onto === "string" &&
      (entry.landed === null || (Array.isArray(entry.landed) && entry.landed.every(isLanded))),
  );
}

function isLanded(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== "string") return false;
  const entry: unknown = value[1];
  return entry === null || (isFields(entry) && isId(entry.id) && typeof entry.mode === "string");
}

/** Adds to what has landed. Errors: STATE_UNUSABLE. */
export async function addApplied(folder: string, more: readonly AppliedWork[]): Promise<void> {
  const applied = [...(await readApplied(folder)), ...more];
  await writeFileAtomically(join(folder, WORK_FILES.applied), `${JSON.stringify({ schema: 1, applied }, null, 2)}\n`);
}

async function readJson(path: string): Promise<Fields | null> {
  const file = await readTextFile(path, { followLinks: false, maxBytes: 64 << 20 });
  if (file.kind !== "text") return null;
  try {
    const value: unknown = JSON.parse(file.text);
    return isFields(value) && value.schema === 1 ? value : null;
  } catch {
    return null;
  }
}
