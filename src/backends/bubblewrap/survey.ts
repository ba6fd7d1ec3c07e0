import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { isName } from "../../core/model/ids.ts";
import type { Json } from "../../core/model/plan.ts";
import { bootId, identify, isRunning, readProcess, signalProcess } from "../../host/process-identity.ts";
import type { Leftover } from "../backend.ts";
import { killCage, waitUntilGone } from "./cage.ts";
import { GROUP_PREFIX, removeGroup, removeGroupFolder, sliceTag, systemctlOf } from "./cgroup.ts";
import { TAG_VARIABLE } from "./entry-arguments.ts";
import { hostPids, readLink } from "./processes.ts";
import { managerEnv } from "./tools.ts";

export const BACKEND = "bubblewrap";

/** `<bottle>.<host pid>-<its start time>`: on the bwrap of a cage and in the names of its control groups. */
export function tagOf(bottle: string, host: ProcessIdentity): string {
  return `${bottle}.${host.pid}-${host.startTime}`;
}

/** Reads a tag; null when it is not one of ours. */
export function parseTag(tag: string): { bottle: string; pid: number; startTime: number } | null {
  const found = /^([^.]+)\.(\d{1,10})-(\d{1,20})$/.exec(tag);
  if (found?.[1] === undefined || !isName(found[1])) return null;
  return { bottle: found[1], pid: Number(found[2]), startTime: Number(found[3]) };
}

/**
 * Cages, ways into them and control groups whose host process is gone. One that lives keeps its own, whichever state
 * folder it serves, so that nobody prunes a running bottle; a tag is believed only on a process of our own uid outside
 * every bottle.
 */
export function surveyHost(facts: HostFacts, alive: ReadonlySet<string>): Leftover[] {
  return [...leftCages(facts, alive), ...leftGroups(facts, alive), ...leftSlices(facts, alive)];
}

function orphaned(tag: string, alive: ReadonlySet<string>): { bottle: string } | null {
  const parsed = parseTag(tag);
  if (parsed === null || alive.has(parsed.bottle)) return null;
  return isRunning({ pid: parsed.pid, startTime: parsed.startTime, bootId: bootId() }) ? null : parsed;
}

/** Is there a cage of a bottle of this name, whether its host process lives or not? */
export function hasCage(bottle: string, facts: HostFacts): boolean {
  return cages(facts).some(({ tag }) => parseTag(tag)?.bottle === bottle);
}

function cages(facts: HostFacts): { pid: number; tag: string }[] {
  const ours = readLink("/proc/self/ns/pid");
  return hostPids().flatMap((pid) => {
    const tag = cageTag(pid) ?? entranceTag(pid);
    return tag === undefined || !outside(pid, ours) || uidOf(pid) !== facts.uid ? [] : [{ pid, tag }];
  });
}

function leftCages(facts: HostFacts, alive: ReadonlySet<string>): Leftover[] {
  return cages(facts).flatMap(({ pid, tag }): Leftover[] => {
    const identity = identify(pid);
    const parsed = orphaned(tag, alive);
    if (parsed === null || identity === null) return [];
    const detail = { identity } as unknown as Json;
    return [{ backend: BACKEND, kind: "process", id: String(pid), bottle: parsed.bottle, detail }];
  });
}

/** In the words of the bwrap that is a cage. */
function cageTag(pid: number): string | undefined {
  const words = read(`/proc/${pid}/cmdline`).split("\0");
  const at = words.indexOf(TAG_VARIABLE);
  return at > 0 && words[at - 1] === "--setenv" ? words[at + 1] : undefined;
}

/** In the environment of a way in: it may outlive both ends when the agent has stopped it. */
function entranceTag(pid: number): string | undefined {
  const begin = `${TAG_VARIABLE}=`;
  return read(`/proc/${pid}/environ`)
    .split("\0")
    .find((variable) => variable.startsWith(begin))
    ?.slice(begin.length);
}

function leftGroups(facts: HostFacts, alive: ReadonlySet<string>): Leftover[] {
  const roots =
    facts.cgroup.kind === "v1"
      ? Object.values(facts.cgroup.roots)
      : facts.cgroup.kind === "v2"
        ? [facts.cgroup.root]
        : [];
  return roots.flatMap((root) =>
    list(root).flatMap((name): Leftover[] => {
      if (!name.startsWith(GROUP_PREFIX)) return [];
      const parsed = orphaned(name.slice(GROUP_PREFIX.length), alive);
      if (parsed === null) return [];
      return [{ backend: BACKEND, kind: "cgroup", id: join(root, name), bottle: parsed.bottle, detail: null }];
    }),
  );
}

/** Slices whose limits systemd still keeps (systemctl(1), set-property --runtime). */
function leftSlices(facts: HostFacts, alive: ReadonlySet<string>): Leftover[] {
  if (facts.cgroup.kind !== "systemd") return [];
  const { scope } = facts.cgroup;
  const runtime = process.env.XDG_RUNTIME_DIR ?? `/run/user/${facts.uid}`;
  const folder = scope === "user" ? join(runtime, "systemd/user.control") : "/run/systemd/system.control";
  return list(folder).flatMap((name): Leftover[] => {
    const slice = name.replace(/\.d$/, "");
    const parsed = orphaned(sliceTag(slice) ?? "", alive);
    return parsed === null
      ? []
      : [{ backend: BACKEND, kind: "slice", id: slice, bottle: parsed.bottle, detail: { scope } }];
  });
}

/** Removes one leftover of `surveyHost`, after looking again. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeLeftover(leftover: Leftover, facts: HostFacts): Promise<void> {
  if (leftover.kind === "slice") {
    if (orphaned(sliceTag(leftover.id) ?? "", new Set()) === null || facts.cgroup.kind !== "systemd") return;
    const systemctl = systemctlOf(facts.tools.systemctl, managerEnv(facts, process.env.XDG_RUNTIME_DIR));
    await removeGroup({ kind: "systemd", scope: facts.cgroup.scope, slice: leftover.id }, systemctl);
    return;
  }
  if (leftover.kind === "cgroup") {
    const tag = leftover.id.split(`/${GROUP_PREFIX}`)[1];
    if (tag === undefined || orphaned(tag, new Set()) === null) return;
    endGroup(leftover.id);
    await removeGroupFolder(leftover.id, 3000);
    return;
  }
  const identity = (leftover.detail as unknown as { identity?: ProcessIdentity } | null)?.identity;
  if (leftover.kind !== "process" || identity === undefined || !isRunning(identity)) return;
  for (const pid of hostPids()) {
    if (readProcess(pid)?.parent !== identity.pid) continue;
    const init = identify(pid);
    if (init !== null) await killCage(init, identity);
  }
  signalProcess(identity, "SIGKILL");
  // Who looks again right away must not find what is about to end.
  if (!(await waitUntilGone(identity, 3000))) {
    throw new BottleError("TEARDOWN_INCOMPLETE", `process ${identity.pid} did not end`, { hint: "run `bottle prune`" });
  }
}

/** Ends what still is in the group of a bottle whose host process is gone, whatever it has made of itself. */
function endGroup(folder: string): void {
  for (const pid of read(join(folder, "cgroup.procs")).split("\n").map(Number)) {
    const identity = pid > 0 ? identify(pid) : null;
    if (identity !== null) signalProcess(identity, "SIGKILL");
  }
}

/**
 * In the host's pid namespace, or the first process of one: a bwrap whose monitor died before it was told to go on
 * waits for ever. Nothing that an agent starts is either.
 */
function outside(pid: number, ours: string | null): boolean {
  return readLink(`/proc/${pid}/ns/pid`) === ours || /^NSpid:.*\t1$/m.test(read(`/proc/${pid}/status`));
}

function uidOf(pid: number): number | null {
  const found = /^Uid:\t(\d+)/m.exec(read(`/proc/${pid}/status`));
  return found === null ? null : Number(found[1]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
