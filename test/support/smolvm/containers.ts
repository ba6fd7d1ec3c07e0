import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Agent, detached } from "./agent.ts";
import { PAUSE_MS } from "./pause.ts";
import { has } from "./quirks.ts";
import { RuntimeError } from "./store.ts";
import type { Workload } from "./workload.ts";

/** Where a command goes. */
export type Place =
  /** Into a container that runs: pid of its first process. */
  | { readonly joins: number }
  /** Into a new one, of which it is the first process; `id`: it is on record, for others to join. */
  | { readonly joins: null; readonly id: string };

/**
 * How execs of a release find their container. `one`: all join one that stays, which is the VM here. `kept`: they join one
 * that stays beside others. `first`: they join that of the first of them that lives. `own`: each gets a fresh one.
 */
export type Manner = "one" | "kept" | "first" | "own";

/** `interactive`: with -i or -t (crates/smolvm-agent/src/main.rs v0.8.0, v1.4.0, v1.4.1). */
export function mannerOf(version: string, interactive: boolean): Manner {
  if (!interactive && has(version, "own-container")) return "own";
  if (has(version, "joined-die")) return "first";
  return has(version, "own-container") ? "kept" : "one";
}

export const recordOf = (folder: string): string => join(folder, "containers");

/** At a start: no container of another life is left. */
export function forgetContainers(folder: string): void {
  rmSync(recordOf(folder), { recursive: true, force: true });
  mkdirSync(recordOf(folder), { recursive: true });
}

interface PlaceWanted {
  readonly folder: string;
  /** First process of the VM. */
  readonly vm: number;
  readonly manner: Manner;
  /** How containers of this release are made. */
  readonly made: Partial<Agent>;
  /** Writes and reads the bundle of one that stays. */
  readonly bundle: () => Promise<void>;
}

const KEPT = "kept";

/** On record: the container that stays has been made. */
export function stays(folder: string): void {
  writeFileSync(join(recordOf(folder), KEPT), "");
}

/** The real one fails where both happen to write or read at the same moment; here who comes second always does. */
async function makeKept(version: string, record: string, bundle: () => Promise<void>): Promise<void> {
  const making = join(record, "making");
  if (has(version, "shared-first") && text(making) !== null && startOf(text(making) ?? "") !== null) {
    throw new RuntimeError("agent operation failed: exec: crun: config.json: parse error: another one writes it");
  }
  writeFileSync(making, String(process.pid));
  await bundle();
}

/** Finds the container of a command, or takes the place of its first process. */
export async function placeOf(version: string, { folder, vm, manner, made, bundle }: PlaceWanted): Promise<Place> {
  if (manner === "own") return { joins: null, id: "" };
  const record = recordOf(folder);
  mkdirSync(record, { recursive: true });
  if (manner === "one") {
    if (text(join(record, KEPT)) === null) await makeKept(version, record, bundle);
    stays(folder);
    return { joins: vm };
  }
  for (;;) {
    const id = text(join(record, "interactive"));
    if (id === null) break;
    const running = runningIn(record, id);
    if (running !== null) return { joins: running };
    // What is not running is taken for what a former life left: `crun delete --force`, also when it is about to run.
    if (has(version, "stale-container") || !comesUp(record, id)) {
      rmSync(join(record, id), { force: true });
      // It may have come to run just before.
      if (runningIn(record, id) !== null) continue;
      break;
    }
    await delay(5);
  }
  const id = `smolvm-${randomBytes(8).toString("hex")}`;
  publish(record, id);
  if (manner === "first") return { joins: null, id };
  await bundle();
  await detached({ ...base(folder, vm), ...made, make: "shared", id, keep: true }, [], []);
  const running = runningIn(record, id);
  if (running === null) throw new RuntimeError("agent operation failed: exec: container is not running");
  return { joins: running };
}

/** What a container is, where one is made, and what its root may. */
export function inContainer(version: string, workload: Workload): Partial<Agent> {
  const shown = workload.volumes.map((volume) => volume.split(":")[1] ?? "");
  // A machine's own rights, and a tmpfs on /tmp and /run, came together (full_capabilities and default_mounts, oci.rs).
  return { few: has(version, "few-rights"), fresh: !has(version, "few-rights"), shown };
}

/** The same of its place. */
export const at = (place: Place): Partial<Agent> =>
  place.joins === null
    ? { make: place.id === "" ? "own" : "shared", id: place.id, window: PAUSE_MS }
    : { join: place.joins };

/** Its id can be found before it runs. */
export function publish(record: string, id: string): void {
  writeFileSync(join(record, id), String(process.pid));
  const name = join(record, `interactive.${process.pid}`);
  writeFileSync(name, id);
  renameSync(name, join(record, "interactive"));
}

/** What the inner program is told in any case; see agent.pl. */
export function base(folder: string, vm: number): Pick<Agent, "vm" | "state" | "memory"> {
  return { vm, state: recordOf(folder), memory: text(join(folder, "memory"))?.trim() ?? "" };
}

/** First process of a container that runs; null when it does not, or no more. */
function runningIn(record: string, id: string): number | null {
  const [pid, since] = (text(join(record, `${id}.running`)) ?? "").split(" ");
  return pid !== undefined && since !== undefined && startOf(pid) === since ? Number(pid) : null;
}

/** Does somebody still make it? */
function comesUp(record: string, id: string): boolean {
  const [pid] = (text(join(record, id)) ?? "").split(" ");
  return pid !== undefined && pid !== "" && startOf(pid) !== null;
}

/** When a process that lives began (proc(5), stat, field 22). */
function startOf(pid: string): string | null {
  const [, rest] = (text(`/proc/${pid}/stat`) ?? "").split(/\) (?=[^)]*$)/);
  const fields = rest?.split(" ") ?? [];
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

function text(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
