import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend, Bottle, BottleFolders, BottleShell } from "../../src/backends/backend.ts";
import type { BottleRecord } from "../../src/core/model/bottle-record.ts";
import type { HostFacts } from "../../src/core/model/host-facts.ts";
import type { BottlePlan, Workspace } from "../../src/core/model/plan.ts";
import { NOTHING_BROUGHT } from "../../src/core/model/setup.ts";
import { Cleanup } from "../../src/host/cleanup.ts";
import { gatherFacts } from "../../src/host/facts.ts";

/** What the session writes to /run/bottle: the environment, and the program that every command goes through. */
export function guestFiles(env: Readonly<Record<string, string>> = {}) {
  const lines = Object.entries({ PATH: "/usr/bin:/bin", HOME: "/home/agent", ...env }).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  return [
    { path: "/run/bottle/env", mode: 0o644, content: Buffer.from(lines.join("")) },
    {
      path: "/run/bottle/exec",
      mode: 0o755,
      content: Buffer.from('#!/bin/sh\n. /run/bottle/env\ncd -- "$1" || exit 126\nshift\nexec "$@"\n'),
    },
  ];
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
  readonly server: Server;
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

/** A bottle that runs, with a listener that nobody serves yet. */
export async function openTestBottle(
  backend: Backend,
  options: {
    readonly plan?: (plan: BottlePlan) => Partial<BottlePlan>;
    readonly env?: Record<string, string>;
    readonly facts?: Partial<HostFacts>;
  } = {},
): Promise<TestBottle> {
  const { top, folders } = testFolders();
  const facts = { ...gatherFacts(), ...options.facts };
  const cleanup = new Cleanup();
  count += 1;
  const basic = testPlan(`test-${process.pid}-${count}`, folders.workspace);
  const plan = { ...basic, ...options.plan?.(basic) };
  const dispose = async () => {
    const failures = await cleanup.run();
    for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, facts);
    rmSync(top, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures.map(({ error }) => error));
  };
  try {
    const shell = await backend.create(plan, { facts, folders, cleanup, journal: async () => {} });
    let server: Server | undefined;
    await shell.serve(async (listener) => {
      server = listener;
      cleanup.push("listener", () => new Promise<void>((resolve) => listener.close(() => resolve())));
      return { caPem: "" };
    });
    if (server === undefined) throw new Error("serve gave no listener");
    const bottle = await shell.start(guestFiles(options.env));
    const sh = async (script: string, ...args: readonly string[]) => {
      const result = await bottle.exec({ argv: ["/bin/bash", "-c", script, "bash", ...args] }, { timeoutMs: 60_000 });
      if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.stderr.toString()}`);
      return result.stdout.toString();
    };
    return { bottle, shell, server, facts, folders, cleanup, plan, sh, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
