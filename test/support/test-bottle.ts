import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Backend, Bottle, BottleFolders, BottleShell, ServiceWays } from "../../src/backends/backend.ts";
import { onlyHere } from "../../src/backends/service-ways.ts";
import type { BottleRecord } from "../../src/core/model/bottle-record.ts";
import type { HostFacts } from "../../src/core/model/host-facts.ts";
import type { BottlePlan, Workspace } from "../../src/core/model/plan.ts";
import { NOTHING_BROUGHT } from "../../src/core/model/setup.ts";
import { runFiles } from "../../src/core/plan/run-files.ts";
import { Cleanup } from "../../src/host/cleanup.ts";
import { gatherFacts } from "../../src/host/facts.ts";

const INSIDE = { home: "/home/agent", run: "/run/bottle" };

/** What the session writes to /run/bottle, without the gateway's certificates: environment, and the one way to a command. */
export function guestFiles(
  env: Readonly<Record<string, string>> = {},
  { home, run }: { readonly home: string; readonly run: string } = INSIDE,
) {
  const all = { PATH: "/usr/bin:/bin", HOME: home, ...env };
  const files = runFiles({ folder: run, env: all, caPem: "", hostRootsPem: "" });
  return files.filter(({ path }) => ["env", "exec", "resume"].includes(basename(path)));
}

export function testPlan(name: string, workspace: string, more: Partial<BottlePlan> = {}): BottlePlan {
  const command = { argv: ["/bin/true"] };
  return {
    schema: 1,
    name,
    backend: "test",
    backendPlan: null,
    agent: {
      name: "test",
      provider: "shell",
      binary: { path: "/bin/true", version: "1", origin: "test" },
      command,
      headless: true,
    },
    workspace: workspaceAt("copy", workspace),
    mounts: [],
    env: {},
    envFromHost: [],
    envAsked: [],
    limits: { memoryBytes: 512 * 2 ** 20, cpus: 2, pids: 256, tmpBytes: 32 * 2 ** 20 },
    alone: false,
    rules: [],
    deny: [],
    credentials: [],
    secrets: [],
    files: [],
    setup: NOTHING_BROUGHT,
    labels: {},
    risks: [],
    ...more,
  };
}

/** A workspace of a plan, without git. */
export function workspaceAt(mode: "copy" | "bind", host: string, guest = "/workspace"): Workspace {
  return { mode, host, guest, cwd: guest, clone: null };
}

/** The record of a bottle that is being made. */
export function testRecord(name: string, change: Partial<BottleRecord> = {}): BottleRecord {
  return {
    schema: 1,
    name,
    agent: "test",
    provider: "test",
    backend: "bubblewrap",
    phase: "creating",
    createdAt: "2025-01-02T03:04:05.000Z",
    endedAt: null,
    exitCode: null,
    host: { pid: 1, startTime: 2, bootId: "b" },
    run: "/run/x",
    handle: null,
    workspace: { mode: "copy", host: "/home/op/project" },
    labels: {},
    auditHead: null,
    ...change,
  };
}

export interface TestBottle {
  readonly bottle: Bottle;
  readonly shell: BottleShell;
  /** The listener; throws where the services run in a sidecar. */
  readonly server: Server;
  /** Holds `folders`. */
  readonly top: string;
  readonly facts: HostFacts;
  readonly folders: BottleFolders;
  readonly cleanup: Cleanup;
  readonly plan: BottlePlan;
  /** stdout of a shell script run inside; throws when it did not end with 0. */
  sh(script: string, ...args: readonly string[]): Promise<string>;
  /** Undoes everything, and the folders with it; throws what could not be undone. */
  dispose(): Promise<void>;
}

/** Folders of a bottle below a temp folder, as the session makes them. */
export function testFolders(): { top: string; folders: BottleFolders } {
  const top = mkdtempSync(join(tmpdir(), "bottle-"));
  const folders = { home: join(top, "home"), workspace: join(top, "workspace"), run: join(top, "run") };
  for (const folder of Object.values(folders)) mkdirSync(folder, { mode: 0o700 });
  return { top, folders };
}

let count = 0;

export interface TestBottleOptions {
  readonly plan?: (plan: BottlePlan, facts: HostFacts) => Partial<BottlePlan>;
  readonly env?: Record<string, string>;
  readonly facts?: Partial<HostFacts>;
  /** Services, wherever they run; without them the listener accepts and nobody answers. */
  readonly services?: (bottle: string, cleanup: Cleanup) => ServiceWays;
  /** An ended bottle whose name and folders this one takes up again. */
  readonly again?: TestBottle;
}

/** A plan of this backend for a bottle of this name. */
export function plannedFor(
  backend: Backend,
  facts: HostFacts,
  name: string,
  workspace: string,
  change: TestBottleOptions["plan"] = () => ({}),
): BottlePlan {
  const basic = testPlan(name, workspace);
  const plan = { ...basic, ...change(basic, facts) };
  return { ...plan, backendPlan: backend.plan(plan, facts) };
}

/** A bottle that runs, with a listener that nobody serves yet. */
export async function openTestBottle(backend: Backend, options: TestBottleOptions = {}): Promise<TestBottle> {
  const { top, folders } = options.again ?? testFolders();
  const facts = { ...gatherFacts(), ...options.facts };
  const cleanup = new Cleanup();
  count += 1;
  const name = options.again?.plan.name ?? `test-${process.pid}-${count}`;
  const plan = plannedFor(backend, facts, name, folders.workspace, options.plan);
  let disposing: Promise<void> | undefined;
  const dispose = () => (disposing ??= takeAway());
  const takeAway = async () => {
    const failures = await cleanup.run();
    for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, facts);
    rmSync(top, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures.map(({ error }) => error));
  };
  try {
    const shell = await backend.create(plan, { facts, folders, cleanup, journal: async () => {} });
    let server: Server | undefined;
    const ways = options.services?.(name, cleanup) ?? onlyHere(async () => ({ caPem: "" }));
    await shell.serve({
      here: (listener) => {
        server = listener;
        cleanup.push("listener", () => new Promise<void>((resolve) => listener.close(() => resolve())));
        return ways.here(listener);
      },
      remote: (place) => ways.remote(place),
    });
    const bottle = await shell.start(guestFiles(options.env, shell.guest));
    const sh = async (script: string, ...args: readonly string[]) => {
      const result = await bottle.exec({ argv: ["/bin/bash", "-c", script, "bash", ...args] }, { timeoutMs: 60_000 });
      if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.stderr.toString()}`);
      return result.stdout.toString();
    };
    return {
      bottle,
      shell,
      get server() {
        if (server === undefined) throw new Error("the services of this bottle run in a sidecar");
        return server;
      },
      top,
      facts,
      folders,
      cleanup,
      plan,
      sh,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
