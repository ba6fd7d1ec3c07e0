import { lstat, readdir, readFile } from "node:fs/promises";
import { isName } from "../core/model/ids.ts";
import type { SessionContext } from "../session/context.ts";
import { bottlePaths, livePaths } from "../state/layout.ts";
import { findBottle, type ListedBottle } from "../state/records.ts";
import { within } from "./deadline.ts";
import { type EgressTail, egressTail } from "./egress.ts";
import type { BottleView, EgressLine, Snapshot } from "./model.ts";
import { readBottleView, silent } from "./sources.ts";

/** No event crosses processes: times and sizes of a few files are looked at, and all is read anew now and then. */
const LOOK_MS = 500;
const ALL_LOOKS = 8;
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
  /** What waits first. */
  signature: readonly string[];
  /** A read that has not come back yet: another one would wait behind it. */
  reading: boolean;
  readonly tail: EgressTail;
}

/** Looks at every bottle until it is closed. What one bottle does not answer keeps nothing else waiting. */
export function openWatch(context: SessionContext, told: WatchTold): { look(): void; close(): void } {
  const known = new Map<string, Watched>();
  let looks = 0;
  let denied = 0;
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
      const all = looks++ % ALL_LOOKS === 0;
      const names = await within(namesOf(context), READ_MS, null);
      if (names !== null) {
        for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
        await Promise.all(names.map((name) => lookAt(name, all)));
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

  async function lookAt(name: string, all: boolean): Promise<void> {
    const one = known.get(name) ?? {
      ...{ view: null, listed: null, signature: [], reading: false },
      tail: egressTail(name, bottlePaths(context.layout, name).audit),
    };
    known.set(name, one);
    if (one.reading) return;
    // What has ended changes by its folder alone.
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
    one.signature = [];
  }

  async function read(name: string, one: Watched, all: boolean): Promise<void> {
    const signature = await signatureOf(context, one, name, looks % 2 === 1);
    const same = signature.length === one.signature.length && signature.every((part, at) => part === one.signature[at]);
    if (!all && one.view !== null && same) return;
    const listed = await findBottle(context.layout, name);
    if (listed === null) {
      known.delete(name);
      return;
    }
    const view = await readBottleView(listed, context);
    one.view = (await isStopped(listed))
      ? silent(one.view, name, "its host process is stopped (SIGSTOP)", Date.now())
      : view;
    one.listed = listed;
    one.signature = await signatureOf(context, one, name, true);
    if (!view.running && !all) return;
    const more = await one.tail.read();
    denied += more.denied;
    if (more.lines.length > 0 && !closed) told.egress(more.lines);
  }

  function tell(): void {
    const bottles = [...known.values()].flatMap(({ view }) => (view === null ? [] : [view]));
    // What `bottle cost` says of today comes in here; until then nothing is better than a total of other days.
    const snapshot: Snapshot = { bottles, costToday: null, denied };
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
 * What changes when anything does that is shown. Few calls, since this is done for every bottle twice a second: what waits
 * is looked at each time, the rest every other time.
 */
async function signatureOf(
  context: SessionContext,
  one: Watched,
  name: string,
  rest: boolean,
): Promise<readonly string[]> {
  const { layout } = context;
  const record = one.listed?.record ?? null;
  const live = record !== null && (one.listed?.state === "running" || one.listed?.state === "creating");
  const [, ...before] = one.signature;
  if (!live) return rest ? ["", await mark(bottlePaths(layout, name).folder)] : ["", ...before];
  const paths = livePaths(layout, record);
  const waits = mark(paths.proposals);
  if (!rest) return [await waits, ...before];
  return Promise.all([waits, mark(paths.folder), mark(paths.incidents), mark(paths.activity), mark(paths.audit)]);
}

async function mark(path: string): Promise<string> {
  const stat = await lstat(path).catch(() => null);
  return stat === null ? "-" : `${stat.mtimeMs}.${stat.size}`;
}

/** A host process that was stopped answers nobody, and its bottle does nothing. */
async function isStopped({ record, state }: ListedBottle): Promise<boolean> {
  if (record === null || state !== "running") return false;
  const text = await readFile(`/proc/${record.host.pid}/stat`, "latin1").catch(() => "");
  return /^[Tt] /.test(text.slice(text.lastIndexOf(")") + 2));
}
