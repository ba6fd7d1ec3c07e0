import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { CgroupFacts } from "../../core/model/host-facts.ts";
import type { Limits } from "../../core/model/plan.ts";
import { type RunResult, run } from "../../host/exec.ts";

/** The control group of one bottle, as data: kept in its handle, so that every later entry joins the same one. */
export type Group =
  | { readonly kind: "v1" | "v2"; readonly folders: readonly string[] }
  | { readonly kind: "systemd"; readonly scope: "user" | "system"; readonly slice: string }
  | { readonly kind: "none"; readonly why: string };

export const GROUP_PREFIX = "bot-bottle-";
const SLICE_PREFIX = "botbottle_";
const CPU_PERIOD_US = 100_000;

/**
 * Which group a bottle gets. Pure. The host process is part of a folder's name, so that what a dead one left behind
 * can be told from what another state folder's living bottle uses.
 */
export function groupFor(bottle: string, host: ProcessIdentity, facts: CgroupFacts): Group {
  const name = `${GROUP_PREFIX}${bottle}.${host.pid}-${host.startTime}`;
  switch (facts.kind) {
    case "v1":
      return { kind: "v1", folders: Object.values(facts.roots).map((root) => join(root, name)) };
    case "v2":
      return { kind: "v2", folders: [join(facts.root, name)] };
    case "systemd":
      // A dash in a slice's name nests it (systemd.slice(5)); ours is one flat slice per bottle.
      return {
        kind: "systemd",
        scope: facts.scope,
        slice: `${SLICE_PREFIX}${bottle.replaceAll("-", "_")}_${host.pid}_${host.startTime}.slice`,
      };
    case "none":
      return { kind: "none", why: facts.why };
  }
}

/** The tag in a slice's name as `survey` reads it; null when it is not ours. Names of bottles have no underscore. */
export function sliceTag(slice: string): string | null {
  const found = /^botbottle_([a-z0-9_]+)_(\d+)_(\d+)\.slice$/.exec(slice);
  return found?.[1] === undefined ? null : `${found[1].replaceAll("_", "-")}.${found[2]}-${found[3]}`;
}

/**
 * Files into which a process with a single thread writes `0` to join the group. A thread that moves only itself by
 * `tasks` (cgroup v1) spares the kernel the lock that every fork of the machine shares, and for which the first writer
 * waits 8 to 16 ms. Version 2 has no such file for a group with controllers.
 */
export function joinFiles(group: Group): readonly string[] {
  if (group.kind === "v1") return group.folders.map((folder) => join(folder, "tasks"));
  return group.kind === "v2" ? group.folders.map((folder) => join(folder, "cgroup.procs")) : [];
}

/** Words before a host command that must run in the bottle's slice: a scope of its own in it (systemd-run(1)). */
export function scopePrefix(group: Group, systemdRun: string | null): readonly string[] {
  if (group.kind !== "systemd" || systemdRun === null) return [];
  return [systemdRun, `--${group.scope}`, "--scope", "--quiet", "--collect", `--slice=${group.slice}`, "--"];
}

/** systemctl arguments that put the limits on the slice (systemd.resource-control(5)). */
export function sliceLimits(group: { scope: string; slice: string }, limits: Limits): readonly string[] {
  return [
    `--${group.scope}`,
    "set-property",
    "--runtime",
    group.slice,
    `MemoryMax=${limits.memoryBytes}`,
    "MemorySwapMax=0",
    `TasksMax=${limits.pids}`,
    `CPUQuota=${Math.max(1, Math.round(limits.cpus * 100))}%`,
  ];
}

export interface LimitWrite {
  /** Controller whose folder this goes to in v1. */
  readonly controller: "memory" | "cpu" | "pids";
  readonly file: string;
  readonly value: string;
  /** Some kernels are built without it. */
  readonly optional: boolean;
}

/** What is written for these limits (cgroup-v1/memory.rst, sched-bwc.rst, cgroup-v2.rst). Pure. */
export function limitWrites(kind: "v1" | "v2", limits: Limits): readonly LimitWrite[] {
  const memory = String(limits.memoryBytes);
  const quota = String(Math.max(1000, Math.round(limits.cpus * CPU_PERIOD_US)));
  const write = (controller: LimitWrite["controller"], file: string, value: string, optional = false): LimitWrite => ({
    controller,
    file,
    value,
    optional,
  });
  if (kind === "v1") {
    return [
      write("memory", "memory.limit_in_bytes", memory),
      write("memory", "memory.memsw.limit_in_bytes", memory, true),
      write("pids", "pids.max", String(limits.pids)),
      write("cpu", "cpu.cfs_period_us", String(CPU_PERIOD_US), true),
      write("cpu", "cpu.cfs_quota_us", quota, true),
    ];
  }
  return [
    write("memory", "memory.max", memory),
    write("memory", "memory.swap.max", "0", true),
    write("pids", "pids.max", String(limits.pids)),
    write("cpu", "cpu.max", `${quota} ${CPU_PERIOD_US}`, true),
  ];
}

/** Makes the group and sets its limits. Rejects with CREATE_FAILED; what was made then is removed by `removeGroup`. */
export async function makeGroup(group: Group, limits: Limits, systemctl: Systemctl): Promise<void> {
  if (group.kind === "none") return;
  if (group.kind === "systemd") {
    const result = await systemctl(sliceLimits(group, limits));
    if (result.code === 0) return;
    throw new BottleError(
      "CREATE_FAILED",
      `systemd set no limits on ${group.slice}: ${result.stderr.toString().trim()}`,
      {
        hint: "look at `systemctl --user status`, or log in so that this user has a session",
      },
    );
  }
  try {
    for (const folder of group.folders) {
      if (group.kind === "v2") writeQuietly(join(folder, "../cgroup.subtree_control"), "+memory +pids +cpu");
      mkdirSync(folder, { recursive: true, mode: 0o755 });
    }
    for (const { controller, file, value, optional } of limitWrites(group.kind, limits)) {
      const folder =
        group.kind === "v2" ? group.folders[0] : group.folders.find((path) => path.includes(`/${controller}`));
      if (folder === undefined && optional) continue;
      const path = join(folder ?? "/", file);
      if (optional) writeQuietly(path, value);
      else writeFileSync(path, value);
    }
  } catch (cause) {
    throw new BottleError("CREATE_FAILED", `no control group for the bottle: ${(cause as Error).message}`, {
      cause,
      hint: "see `bottle doctor`, line control groups",
    });
  }
}

function writeQuietly(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch {}
}

export type Systemctl = (args: readonly string[]) => Promise<RunResult>;

/** Runs systemctl with the environment in which it finds the service manager. */
export function systemctlOf(path: string | undefined, env: Readonly<Record<string, string>>): Systemctl {
  return (args) => run({ argv: [path ?? "/usr/bin/systemctl", ...args], env }, { timeoutMs: 5000 });
}

/** Removes the group once its last process has been reaped. Idempotent. Rejects with TEARDOWN_INCOMPLETE after `deadlineMs`. */
export async function removeGroup(group: Group, systemctl: Systemctl, deadlineMs = 3000): Promise<void> {
  if (group.kind === "none") return;
  if (group.kind === "systemd") {
    await systemctl([`--${group.scope}`, "stop", group.slice]);
    await systemctl([`--${group.scope}`, "revert", group.slice]);
    return;
  }
  for (const folder of group.folders) await removeGroupFolder(folder, deadlineMs);
}

/** Removes one cgroup folder. The kernel has no event for "the last one has left" in v1, so it is asked again until it agrees. */
export async function removeGroupFolder(folder: string, deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      rmdirSync(folder);
      return;
    } catch (cause) {
      if (!existsSync(folder)) return;
      if (Date.now() > deadline) {
        throw new BottleError("TEARDOWN_INCOMPLETE", `control group ${folder} still has processes`, {
          cause,
          hint: "run `bottle prune`",
        });
      }
    }
    await delay(5);
  }
}
