import { lstatSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { QUIET_MS } from "../core/activity/activity.ts";
import { localDay } from "../core/activity/activity-format.ts";
import { isName } from "../core/model/ids.ts";
import type { SessionContext } from "../session/context.ts";
import { stateOf } from "../state/bottle-state.ts";
import { bottlePaths, livePaths } from "../state/layout.ts";
import { findBottle, type ListedBottle } from "../state/records.ts";
import { dayOfDefinition } from "../state/usage-files.ts";
import { within } from "./deadline.ts";
import { type EgressTail, egressTail } from "./egress.ts";
import type { BottleView, EgressLine, Snapshot } from "./model.ts";
import { readBottleView, silent } from "./sources.ts";

/** No event crosses processes: times and sizes of a few files are looked at, and all is read anew now and then. */
const LOOK_MS = 500;
const ALL_LOOKS = 8;
/** What all cost today is asked of every bottle there is and was. */
const COST_LOOKS = 32;
/** Longer than this nobody waits for one bottle. */
const READ_MS = 1500;

export interface WatchTold {
  readonly snapshot: (snapshot: Snapshot, at: number) => void;
  readonly egress: (lines: readonly EgressLine[]) => void;
  /** After each look, whatever was seen. */
  readonly tick: (at: number) => void;
}

interface Watched {
  view: BottleView | null;
  listed: ListedBottle | null;
  signature: string;
  stopped: boolean;
  /** When its files changed last; null: it was looked at once more since all was quiet. */
  changedAt: number | null;
  /** A read that has not come back yet: another one would wait behind it. */
  reading: boolean;
  readonly tail: EgressTail;
}

/** Looks at every bottle until it is closed. What one bottle does not answer keeps nothing else waiting. */
export function openWatch(context: SessionContext, told: WatchTold): { look(): void; close(): void } {
  const known = new Map<string, Watched>();
  let looks = 0;
  let denied = 0;
  let costToday: number | null = null;
  let closed = false;
  let before = "";
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;

  async function look(): Promise<void> {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    try {
      const all = looks % ALL_LOOKS === 0;
      const cost = looks++ % COST_LOOKS === 0;
      const names = await within(namesOf(context), READ_MS, null);
      if (names !== null) {
        for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
        await Promise.all([...names.map((name) => lookAt(name, all)), ...(cost ? [lookAtCost()] : [])]);
        tell();
      }
    } catch {
      // A folder that cannot be listed now may be at the next look; what is shown stays.
    } finally {
      running = false;
    }
    if (closed) return;
    told.tick(Date.now());
    timer = setTimeout(look, again ? 0 : LOOK_MS);
  }

  async function lookAtCost(): Promise<void> {
    const use = await within(
      dayOfDefinition(context.layout, null, localDay(new Date()), null).catch(() => null),
      READ_MS,
      null,
    );
    if (use !== null) costToday = use.tokens === 0 ? null : use.costMicros;
  }

  async function lookAt(name: string, all: boolean): Promise<void> {
    const one = known.get(name) ?? {
      ...{ view: null, listed: null, signature: "", stopped: false, changedAt: null, reading: false },
      tail: egressTail(name, bottlePaths(context.layout, name).audit),
    };
    known.set(name, one);
    if (one.reading) return;
    // Mostly nothing has changed, and then nothing is waited for.
    if (!all && one.view !== null && signatureOf(context, one, name) === one.signature) return;
    one.reading = true;
    const work = read(name, one, all).finally(() => {
      one.reading = false;
    });
    const done = await within(
      work.then(() => true),
      READ_MS,
      false,
    ).catch(() => null);
    if (done === true) return;
    one.view = silent(
      one.view,
      name,
      done === false ? "its files do not answer" : "its files cannot be read",
      Date.now(),
    );
    one.signature = "";
  }

  async function read(name: string, one: Watched, all: boolean): Promise<void> {
    const signature = signatureOf(context, one, name);
    const old = all && (isOther(one) || isSettling(one));
    if (one.view !== null && signature === one.signature && !old) return;
    one.changedAt = signature === one.signature ? null : Date.now();
    const listed = await findBottle(context.layout, name);
    if (listed === null) {
      known.delete(name);
      return;
    }
    one.listed = listed;
    // Before the reading: what changes meanwhile is seen at the next look.
    one.signature = signatureOf(context, one, name);
    const view = await readBottleView(listed, context);
    one.stopped = isStopped(listed);
    one.view = one.stopped ? silent(one.view, name, "its host process is stopped (SIGSTOP)", Date.now()) : view;
    if (!view.running && !all) return;
    const more = await one.tail.read();
    denied += more.denied;
    if (more.lines.length > 0 && !closed) told.egress(more.lines);
  }

  function tell(): void {
    const bottles = [...known.values()].flatMap(({ view }) => (view === null ? [] : [view]));
    const snapshot: Snapshot = { bottles, costToday, denied };
    const now = JSON.stringify(snapshot);
    if (now === before || closed) return;
    before = now;
    told.snapshot(snapshot, Date.now());
  }

  void look();
  return {
    look: () => void look(),
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function namesOf({ layout }: SessionContext): Promise<readonly string[]> {
  const names = await readdir(layout.bottles).catch((): string[] => []);
  return names.filter(isName).sort();
}

/**
 * What changes when anything does that is shown. Not by promises: this is done for every bottle twice a second, and they
 * would cost ten times as much; the files lie in our own folders.
 */
function signatureOf({ layout }: SessionContext, { listed }: Watched, name: string): string {
  const record = listed?.record ?? null;
  const live = record !== null && (listed?.state === "running" || listed?.state === "creating");
  if (!live) {
    const { folder, incidents } = bottlePaths(layout, name);
    return `${mark(folder)} ${mark(incidents)}`;
  }
  const { folder, proposals, incidents, activity, audit } = livePaths(layout, record);
  return [folder, proposals, incidents, activity, audit].map(mark).join(" ");
}

function mark(path: string): string {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? "-" : `${stat.mtimeMs}.${stat.size}`;
  } catch {
    return "?";
  }
}

/** An agent that has been quiet for a while is said to do something else, though no file changes then. */
function isSettling({ changedAt }: Watched): boolean {
  return changedAt !== null && Date.now() - changedAt > QUIET_MS;
}

/** Its files are the same, and it is not: its host process was killed, stopped or goes on. */
function isOther({ listed, stopped }: Watched): boolean {
  if (listed === null || listed.record === null) return false;
  return stateOf(listed.record) !== listed.state || isStopped(listed) !== stopped;
}

/** A host process that was stopped answers nobody, and its bottle does nothing. */
function isStopped({ record, state }: ListedBottle): boolean {
  if (record === null || state !== "running") return false;
  try {
    const text = readFileSync(`/proc/${record.host.pid}/stat`, "latin1");
    return /^[Tt] /.test(text.slice(text.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
