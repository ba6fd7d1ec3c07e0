import { lstat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Finding } from "../core/model/finding.ts";
import { isErrno } from "../host/files.ts";
import { findHolderTools } from "../host/terminal-holder.ts";
import { listBottles } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { type PruneStep, planPrune } from "./prune.ts";
import { isLost } from "./recovery.ts";

/** Something about our own folders, and how it is mended without a loss; null: by a person only. */
export interface Upkeep {
  readonly finding: Finding;
  readonly fix: (() => Promise<string>) | null;
}

/** Below this a start, an audit log or a transcript may fail any moment. */
const LOW_BYTES = 1 << 30;

/** What nobody needs any more whatever becomes of its bottle: no work, no log, nothing that runs. */
const SAFE: readonly PruneStep["kind"][] = ["leftover", "runtime folder", "draft", "unfinished", "forge credential"];

/** What the state on disk shows beside the backends: never an error that keeps a bottle from starting, but for a folder that is not ours. */
export async function inspectState(backends: readonly Backend[], context: SessionContext): Promise<readonly Upkeep[]> {
  const { layout } = context;
  const quiet = { ...context, say: () => undefined };
  const steps = await planPrune(backends, quiet, { all: false, now: Date.now() });
  const listed = await listBottles(layout);
  return [
    ...(await foreignFolders(context)),
    ...(await holder(context)),
    ...(await lowDisk(layout.state)),
    ...lostBottles(listed.filter(isLost).map(({ name }) => name)),
    ...listed.filter(({ record }) => record === null).map(({ name, problem }) => unreadableBottle(name, problem)),
    ...leftBehind(steps.filter(({ kind }) => SAFE.includes(kind))),
  ];
}

/** After `sudo bottle` a folder may be root's. */
async function foreignFolders({ layout, facts }: SessionContext): Promise<readonly Upkeep[]> {
  const found: Upkeep[] = [];
  for (const folder of [layout.state, layout.bottles, layout.archive, layout.config, layout.runtime]) {
    const stat = await lstat(folder).catch(() => null);
    if (stat === null || (stat.uid === facts.uid && stat.isDirectory())) continue;
    const message = stat.isDirectory() ? `${folder} belongs to user ${stat.uid}, not to you` : `${folder} is no folder`;
    const mend = stat.isDirectory() ? `sudo chown -R ${facts.uid}: ${folder}` : "move it away";
    found.push({ finding: { id: "state-folder", level: "error", message, mend }, fix: null });
  }
  return found;
}

/** What holds the terminals of detached bottles. */
async function holder({ facts }: SessionContext): Promise<readonly Upkeep[]> {
  try {
    await findHolderTools(facts.tools);
    return [{ finding: { id: "tmux", level: "ok", message: "bottle start -d can hold terminals in tmux" }, fix: null }];
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    const message = `bottle start -d without -p needs tmux: ${error.message}`;
    const mend = error.hint === undefined ? {} : { mend: error.hint };
    return [{ finding: { id: "tmux", level: "warning", message, ...mend, debianPackage: "tmux" }, fix: null }];
  }
}

async function lowDisk(folder: string): Promise<readonly Upkeep[]> {
  const disk = await freeBytes(folder);
  if (disk === null || disk >= LOW_BYTES) return [];
  const message = `the disk of ${folder} has ${Math.floor(disk / 2 ** 20)} MiB left`;
  const mend = "bottle prune --dry-run and bottle archive prune --dry-run show what could go";
  return [{ finding: { id: "disk-low", level: "warning", message, mend }, fix: null }];
}

/** Of the file system that the folder is on, or would be made on; null: nobody says. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    return isErrno(error, "ENOENT") && folder !== "/" ? freeBytes(dirname(folder)) : null;
  }
}

function lostBottles(names: readonly string[]): readonly Upkeep[] {
  if (names.length === 0) return [];
  const message = `host processes of bottles were killed: ${names.join(", ")}`;
  return [{ finding: { id: "bottles-lost", level: "warning", message, mend: "bottle recover --all" }, fix: null }];
}

function unreadableBottle(name: string, problem: string | null): Upkeep {
  const message = `the record of ${name} ${problem ?? "cannot be read"}`;
  const finding = { id: "record-unreadable", level: "warning", message, mend: `bottle rm --force ${name}` } as const;
  return { finding, fix: null };
}

function leftBehind(steps: readonly PruneStep[]): readonly Upkeep[] {
  return steps.map(({ bottle, kind, detail, act }) => ({
    finding: {
      id: "left-behind",
      level: "warning",
      message: `${kind} of ${bottle}: ${detail}`,
      mend: "bottle doctor --fix removes it",
    },
    fix: async () => {
      await act();
      return `removed ${kind} of ${bottle}: ${detail}`;
    },
  }));
}
