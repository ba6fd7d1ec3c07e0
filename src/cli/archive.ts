import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { isErrno } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { type ArchivedWork, archivedWork, isReached, restoreFolder, restoreRefs } from "../session/archived-work.ts";
import type { SessionContext } from "../session/context.ts";
import { type ArchivedBottle, listArchive } from "../state/archived-bottles.ts";
import { removeFlatFolder } from "../state/bottle-folder.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { age, readableSize, table } from "./table.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

const DAY_MS = 24 * 3_600_000;

/** `bottle archive`: what outlived removed bottles. */
export const archive: VerbRun = async (input, io) => {
  const [action = "", ...words] = input.positionals;
  const context = sessionContext(io);
  const most = { ls: 0, restore: 2, prune: 1 }[action];
  if (most === undefined || words.length > most) {
    throw new BottleError(
      "USAGE",
      `archive takes ls, restore NAME [FOLDER] or prune [NAME], not ${input.positionals.join(" ")}`,
      {
        hint: "bottle help archive",
      },
    );
  }
  if (action === "restore") return restore(words, input, io, context);
  return action === "prune" ? prune(words[0], input, io, context) : list(input, io, context);
};

async function list(input: VerbInput, io: Io, { layout }: SessionContext): Promise<number> {
  const bottles = await listArchive(layout);
  if (text(input, "format") === "json") {
    io.out(`${printableJson(bottles.map(asJson), 2)}\n`);
    return 0;
  }
  const now = Date.now();
  io.out(
    table(
      ["ID", "AGENT", "BACKEND", "EXIT", "REMOVED", "SIZE", "WORK", "WORKSPACE"],
      bottles.map(({ id, record, bundles, bytes, removedAt }) => [
        id,
        record?.agent ?? "-",
        record?.backend ?? "-",
        record?.exitCode == null ? "-" : String(record.exitCode),
        `${age(now - removedAt.getTime())} ago`,
        readableSize(bytes),
        bundles.length === 0 ? "-" : "not landed",
        record?.workspace.host ?? "-",
      ]),
    ),
  );
  return 0;
}

function asJson({ id, name, record, bundles, bytes, removedAt, paths }: ArchivedBottle) {
  return {
    id,
    name,
    agent: record?.agent ?? null,
    backend: record?.backend ?? null,
    exitCode: record?.exitCode ?? null,
    createdAt: record?.createdAt ?? null,
    endedAt: record?.endedAt ?? null,
    removedAt: removedAt.toISOString(),
    labels: record?.labels ?? {},
    workspace: record?.workspace ?? null,
    bytes,
    folder: paths.folder,
    bundles,
  };
}

/** By id, or the last one of a name. Errors: BOTTLE_NOT_FOUND. */
async function find(word: string, { layout }: SessionContext): Promise<ArchivedBottle> {
  const all = await listArchive(layout);
  const found = all.find(({ id }) => id === word) ?? all.filter(({ name }) => name === word).at(-1);
  if (found !== undefined) return found;
  throw new BottleError("BOTTLE_NOT_FOUND", `nothing of a bottle called ${word} is in the archive`, {
    hint: "bottle archive ls shows all; what was not removed is in bottle ls",
  });
}

async function restore(
  [word, folder]: readonly string[],
  input: VerbInput,
  io: Io,
  context: SessionContext,
): Promise<number> {
  if (word === undefined) {
    throw new BottleError("USAGE", "restore takes the name of a removed bottle", { hint: "bottle archive ls" });
  }
  const bottle = await find(word, context);
  const works = await archivedWork(bottle);
  const json = text(input, "format") === "json";
  if (works.some(({ kind }) => kind === "copy")) {
    const place = await intoFolder(bottle, works, folder, context);
    io.out(json ? `${printableJson({ id: bottle.id, folder: place, refs: [] }, 2)}\n` : `${printable(place)}\n`);
    return 0;
  }
  if (folder !== undefined) {
    throw new BottleError("USAGE", `the work of ${bottle.id} goes back into its repository, and no folder is made`, {
      hint: `bottle archive restore ${word}`,
    });
  }
  const refs = [];
  for (const work of works) refs.push(...(await restoreRefs(bottle.id, work, context)));
  if (json) io.out(`${printableJson({ id: bottle.id, folder: null, refs }, 2)}\n`);
  else for (const { ref, id, repository } of refs) io.out(`${printable(`${repository}: ${ref} ${id.slice(0, 12)}`)}\n`);
  if (!json && refs[0] !== undefined)
    io.say(`git log ${printable(refs[0].ref)} shows it; git merge or git cherry-pick takes it`);
  return 0;
}

async function intoFolder(
  bottle: ArchivedBottle,
  works: readonly ArchivedWork[],
  folder: string | undefined,
  context: SessionContext,
): Promise<string> {
  const [work] = works;
  if (folder === undefined || work === undefined) {
    throw new BottleError("USAGE", `${bottle.id} worked in a plain folder: name a new folder for its files`, {
      hint: `bottle archive restore ${bottle.id} FOLDER`,
    });
  }
  const place = resolve(context.cwd, folder);
  // Not into a folder that holds anything: files there would be written over.
  try {
    await mkdir(place, { mode: 0o700 });
  } catch (cause) {
    const why = isErrno(cause, "EEXIST") ? "exists" : "cannot be made";
    throw new BottleError("USAGE", `${place} ${why}`, { hint: "name a folder that does not exist yet", cause });
  }
  try {
    await restoreFolder(work, place, context);
  } catch (error) {
    await removePrivateFolder(place);
    throw error;
  }
  return place;
}

/** A number of days. Errors: USAGE. */
function daysOf(word: string): number {
  const days = Number(word);
  if (/^\d{1,5}$/.test(word)) return days;
  throw new BottleError("USAGE", `--older-than takes a number of days, not ${word}`, { hint: "--older-than 30" });
}

async function prune(word: string | undefined, input: VerbInput, io: Io, context: SessionContext): Promise<number> {
  const days = word === undefined ? daysOf(text(input, "olderThan") ?? "30") : 0;
  const before = Date.now() - days * DAY_MS;
  const all = word === undefined ? await listArchive(context.layout) : [await find(word, context)];
  const old = all.filter(({ removedAt }) => removedAt.getTime() <= before);
  const rows: { id: string; bytes: number; removed: boolean; kept: string | null }[] = [];
  let worst = 0;
  for (const bottle of old) {
    const { id, bytes } = bottle;
    const kept = flag(input, "discard") || (await isElsewhere(bottle, context)) ? null : "its work is nowhere else";
    const removed = kept === null && !flag(input, "dryRun");
    try {
      if (removed) await removeFlatFolder(bottle.paths.folder);
      rows.push({ id, bytes, removed, kept });
    } catch (error) {
      worst = Math.max(worst, report(error, io));
    }
  }
  if (text(input, "format") === "json") {
    io.out(`${printableJson(rows, 2)}\n`);
    return worst;
  }
  const gone = rows.filter(({ kept }) => kept === null);
  const head = flag(input, "dryRun") ? "WOULD REMOVE" : "REMOVED";
  if (gone.length > 0)
    io.out(
      table(
        [head, "SIZE"],
        gone.map(({ id, bytes }) => [id, readableSize(bytes)]),
      ),
    );
  for (const { id, kept } of rows) {
    if (kept !== null)
      io.say(`bottle: ${id} stays: ${kept}; bottle archive restore ${id}, or bottle archive prune ${id} --discard`);
  }
  if (rows.length === 0) io.say(`nothing in the archive is older than ${days} days`);
  return worst;
}

/** Nothing that is lost when this goes, but its logs. */
async function isElsewhere(bottle: ArchivedBottle, context: SessionContext): Promise<boolean> {
  if (bottle.bundles.length === 0) return true;
  const works = await archivedWork(bottle).catch(() => null);
  if (works === null || works.length < bottle.bundles.length) return false;
  for (const work of works) if (!(await isReached(work, context))) return false;
  return true;
}
