import { writeSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { RawPath, TreeChange, TreeEntry } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import { sameEntry } from "../../core/wire/tree-changes.ts";
import { pathBytes, pathText } from "../../core/work/raw-path.ts";
import { gitFailure } from "../../host/git.ts";
import { type Found, PlainFolder } from "../../host/plain-folder.ts";
import { type AppliedWork, addApplied } from "../../state/work-files.ts";
import { type AppliedRepository, type ApplyRequest, withTime } from "./apply-terms.ts";
import type { BottleWork } from "./imported-work.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Work } from "./selection.ts";
import { blobs } from "./trees.ts";
import { landedFiles, withdrawn } from "./withdrawn.ts";

const MAX_LINK = 4096;

/**
 * Lets the work on a plain folder land, file by file: each file must be as the agent got it, or as its work landed
 * before, or already as it shall be; else nothing is changed. Never written through a link. Killed in between, the same
 * call goes on. Errors: USAGE, WORK_BLOCKED.
 */
export async function applyFiles(
  all: BottleWork,
  works: readonly Work[],
  request: ApplyRequest,
  applied: readonly AppliedWork[],
): Promise<readonly AppliedRepository[]> {
  if (request.mode === "branch") {
    throw new BottleError("USAGE", "--branch is for git repositories, and this work is on a plain folder", {
      hint: "leave it out: the files are written into the folder",
    });
  }
  const plans: FilesPlan[] = [];
  for (const work of works) {
    const within = work.changes.filter(({ before, after }) => after?.mode === "160000" || before?.mode === "160000");
    const changes = work.changes.filter((change) => !within.includes(change));
    const pending = await check(work, changes, request.choose === null, applied);
    const notes = within.map(
      ({ path }) => `${printable(pathText(path), 200)} is a repository of its own and is left out`,
    );
    const files = pending.map(({ path }) => path);
    const { path } = work.base;
    plans.push({
      work,
      changes,
      pending,
      result: { path, commits: [], files, work: work.work, pin: null, ref: null, notes },
    });
  }
  if (request.dryRun) return plans.map(({ result }) => result);
  for (const { work, changes, pending } of plans) {
    await write(work, pending);
    // Not only what is written now: a run that was killed wrote some of it, and put nothing on record.
    const landed = [...changes, ...pending].map(({ path, after }) => [path, after] as const);
    const { path: repository } = work.base;
    const entry = { repository, head: null, work: work.work, commit: null, onto: "files", landed };
    await addApplied(all.folder, [withTime(entry)]);
  }
  return plans.map(({ result }) => result);
}

interface FilesPlan {
  readonly work: Work;
  readonly changes: readonly TreeChange[];
  readonly pending: readonly TreeChange[];
  readonly result: AppliedRepository;
}

async function write({ base, quarantine }: Work, pending: readonly TreeChange[]): Promise<void> {
  const folder = new PlainFolder(base.host);
  try {
    for (const { path, after } of pending) if (after === null) await folder.remove(pathBytes(path));
    for (const { path, after } of pending) if (after !== null) await put(folder, quarantine, path, after);
  } catch (cause) {
    throw new BottleError("WORK_BLOCKED", `${base.host} could not be written; some files may have landed`, {
      hint: "mend what the cause says, then apply again: it goes on where it stopped",
      cause,
    });
  }
}

/** The changes that are still to be made, when nothing stands in the way. */
async function check(
  work: Work,
  changes: readonly TreeChange[],
  whole: boolean,
  applied: readonly AppliedWork[],
): Promise<readonly TreeChange[]> {
  const folder = new PlainFolder(work.base.host);
  const landed = landedFiles(work.base.path, applied);
  const back = new Set(whole ? await withdrawn(work, landed) : []);
  const all = [...changes, ...back];
  const going = new Set(all.filter(({ after }) => after === null).map(({ path }) => path));
  const coming = new Set(all.filter(({ after }) => after !== null).map(({ path }) => path));
  const pending: TreeChange[] = [];
  const other: RawPath[] = [];
  for (const change of all) {
    const { path, before, after } = change;
    const found = await look(folder, path, work.base.objectFormat, going, coming);
    if (found !== "other" && sameEntry(found, after)) continue;
    const known = [before, ...(landed.has(path) ? [landed.get(path) ?? null] : [])];
    if (found !== "other" && known.some((entry) => sameEntry(entry, found))) pending.push(change);
    // What the agent took back, and the operator has changed, is the operator's by now.
    else if (!back.has(change)) other.push(path);
  }
  if (other.length === 0) return pending;
  const names = other.slice(0, 20).map((path) => `\n  ${printable(pathText(path), 200)}`);
  const more = other.length > 20 ? `\n  and ${other.length - 20} more` : "";
  throw new BottleError(
    "WORK_BLOCKED",
    `files have changed since the bottle began; nothing was written:${names.join("")}${more}`,
    {
      hint: "bottle apply NAME --interactive lets you leave them out; bottle diff NAME shows what the agent did to them",
    },
  );
}

/** As `look` of the folder; what is in the way only because it has yet to go is nothing. */
async function look(
  folder: PlainFolder,
  path: RawPath,
  algorithm: "sha1" | "sha256",
  going: ReadonlySet<RawPath>,
  coming: ReadonlySet<RawPath>,
): Promise<Found> {
  const parts = path.split("/");
  for (let count = 1; count < parts.length; count++) {
    const above = parts.slice(0, count).join("/");
    if (going.has(above)) return null;
    // It landed already: what stands there is judged as a change of its own.
    if (coming.has(above) && typeof (await folder.look(pathBytes(above), algorithm)) === "object") return null;
  }
  const found = await folder.look(pathBytes(path), algorithm);
  // A folder of which every file goes makes room; one in which files are to stand is no file that has yet to go.
  if (found === "other" && [...going, ...coming].some((other) => other.startsWith(`${path}/`))) return null;
  return found;
}

async function put(folder: PlainFolder, { git }: Quarantine, path: RawPath, entry: TreeEntry): Promise<void> {
  if (entry.mode === "120000") {
    const target = (await blobs(git, [entry.id], MAX_LINK)).get(entry.id);
    if (target == null) throw new Error("a link is too long");
    return folder.link(pathBytes(path), target);
  }
  await folder.write(pathBytes(path), entry.mode === "100755", async (file) => {
    const failures: unknown[] = [];
    // Written at once, so that git waits for the disk and a large file is never held in memory.
    const onStdout = (chunk: Buffer) => {
      try {
        for (let at = 0; at < chunk.length && failures.length === 0; ) at += writeSync(file.fd, chunk, at);
      } catch (error) {
        failures.push(error);
      }
    };
    const read = await git.attempt(["cat-file", "blob", entry.id], { onStdout });
    if (failures.length > 0) throw failures[0];
    if (read.code !== 0) throw gitFailure("cat-file", read);
  });
}
