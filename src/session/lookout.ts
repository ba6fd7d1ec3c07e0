import { stat, statfs, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Notice } from "../core/model/notice.ts";
import { incidentOf } from "../core/notices/incidents.ts";
import { createQuietWatch, isDiskLow } from "../core/notices/lookout.ts";
import { diskNotice, stalledNotice } from "../core/notices/words.ts";
import { isErrno } from "../host/files.ts";
import type { Layout } from "../state/layout.ts";
import type { Incidents } from "./incidents.ts";
import type { Notifier } from "./notifier.ts";

export interface LookoutStart {
  readonly bottle: string;
  readonly attachable: boolean;
  /** null: nothing is told, it is only written down. */
  readonly notifier: Pick<Notifier, "tell"> | null;
  readonly incidents: Pick<Incidents, "settings" | "tell" | "withdraw">;
  readonly layout: Pick<Layout, "state" | "runtime">;
  /** Changes with everything that the agent prints and everything that it asks the gateway for. */
  readonly mark: () => string;
}

const LOOK_MS = 15_000;
/** There while the disk is low: of all host processes the one that made it has told. Each look renews it. */
const DISK_LOW = "disk-low";
/** One that nobody renewed for so long is of bottles that ended on a low disk: it would keep those of today silent. */
const STALE_MS = 4 * LOOK_MS;

/** Looks, while the agent runs, whether it has stalled and whether the disk is low. */
export function startLookout({ bottle, attachable, notifier, incidents, layout, mark }: LookoutStart): Disposable {
  const { stallMs, diskBytes } = incidents.settings;
  const watch = createQuietWatch(stallMs, performance.now());
  const low = join(layout.runtime, DISK_LOW);
  let diskLow = false;
  let stalled = "";
  const told = (notice: Notice) => {
    notifier?.tell(notice);
    const words = incidentOf(notice, false);
    if (words !== null) incidents.tell(words);
  };
  /** One look at a time: a second would renew what the first has yet to find stale. */
  let looking = false;
  const lookAtDisk = async () => {
    const { bavail, bsize } = await statfs(layout.state);
    const free = bavail * bsize;
    const before = diskLow;
    diskLow = isDiskLow(before, free, diskBytes);
    if (diskLow && !before && (await first(low))) told(diskNotice(bottle, free));
    if (!diskLow && before) incidents.withdraw("disk-low");
    if (diskLow && before) await renew(low).catch(() => undefined);
    // Also what a host process left that was killed.
    if (!diskLow) await unlink(low).catch(() => undefined);
  };
  const look = async () => {
    const present = mark();
    const quietMs = watch.look(present, performance.now());
    if (quietMs !== null) {
      stalled = present;
      told(stalledNotice(bottle, quietMs, attachable));
    } else if (stalled !== "" && stalled !== present) {
      stalled = "";
      incidents.withdraw("stalled");
    }
    if (looking) return;
    looking = true;
    try {
      await lookAtDisk();
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(
    () => {
      // A disk that nobody can ask about is told by what fails on it.
      look().catch(() => undefined);
    },
    Math.min(LOOK_MS, stallMs / 2),
  );
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Nobody else has told it. Where that cannot be written down it is told twice rather than never. */
async function first(path: string): Promise<boolean> {
  try {
    await writeFile(path, "", { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) return true;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MS) return false;
    await renew(path);
    return true;
  }
}

function renew(path: string): Promise<void> {
  const now = new Date();
  return utimes(path, now, now);
}
