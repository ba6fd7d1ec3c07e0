import { rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { sep } from "node:path";
import type { Backend, BottleShell, CreateContext } from "../../src/backends/backend.ts";
import { checkGuests, hostWorkspace } from "../../src/backends/mounts.ts";
import { BottleError } from "../../src/core/model/errors.ts";
import type { BottlePlan } from "../../src/core/model/plan.ts";
import { run } from "../../src/host/exec.ts";
import { type Answers, MemoryBottle } from "./memory-backend/bottle.ts";

/** A fake, and never more than that: its bottles are known to this process only, and its commands are not confined. */
export interface MemoryBackend extends Backend {
  /** What exists for a bottle of this name: processes, and the bottle itself. */
  census(bottle: string): readonly string[];
}

export interface MemoryBackendOptions {
  readonly maxExecs?: number;
  /** Answers a command in its place, e.g. the seal check, to which it would tell that there are no walls. */
  readonly answers?: Answers;
}

const KIND = "memory";

/**
 * A backend for tests of what stands above backends. It keeps its bottles in memory and runs commands as plain child
 * processes of the test, as the caller, in the folders of the bottle: exit codes, signals, streams and files are real,
 * walls and limits are not there. As strict as the real ones in all the rest: it refuses what they refuse, queues what
 * is too much, journals before each thing that it makes, and answers BOTTLE_GONE after the end.
 */
export function createMemoryBackend({ maxExecs = 4, answers = () => null }: MemoryBackendOptions = {}): MemoryBackend {
  const bottles = new Map<string, MemoryBottle>();

  const create = async (plan: BottlePlan, context: CreateContext): Promise<BottleShell> => {
    const { folders, cleanup, journal } = context;
    if ((plan.backendPlan as { kind?: unknown } | null)?.kind !== KIND) {
      throw new BottleError("PLAN_INVALID", "the plan was made for another backend");
    }
    checkGuests(plan);
    if (bottles.has(plan.name)) throw new BottleError("CREATE_FAILED", `a bottle called ${plan.name} runs already`);
    const workspace = hostWorkspace(plan, folders.workspace);
    await journal("listener", { on: "127.0.0.1" });
    const bottle = new MemoryBottle({ name: plan.name, folders, workspace, cwd: workspace, maxExecs, answers });
    cleanup.push("listener", () => bottle.close());
    await bottle.listen();
    await journal("bottle", { name: plan.name });
    cleanup.push("bottle", async () => {
      await bottle.close();
      bottles.delete(plan.name);
    });
    bottles.set(plan.name, bottle);
    void bottle.ended.then(() => bottles.delete(plan.name));
    return {
      guest: bottle.guest,
      serve: (ways) => ways.here(bottle.listener),
      start: async (files) => bottle.start(files),
    };
  };

  const find = async (folder: string, ...args: readonly string[]): Promise<string> => {
    // Not a cage: only what a test made is ever walked.
    if (!folder.startsWith(`${tmpdir()}${sep}`))
      throw new BottleError("INVARIANT", `not a folder of a test: ${folder}`);
    await run({ argv: ["/bin/chmod", "-R", "u+rwX", "--", folder], env: {} });
    return (await run({ argv: ["/usr/bin/find", folder, "-mindepth", "1", ...args], env: {} })).stdout.toString();
  };

  return {
    name: KIND,
    capabilities: {
      services: ["host"],
      workspace: ["copy", "bind"],
      limits: "host",
      options: [],
      rootExec: false,
      maxExecs,
    },
    probe: async () => [],
    lacks: async () => null,
    plan: () => ({ kind: KIND }),
    create,
    open: async (record) => {
      const handle = record.handle as { version?: unknown; kind?: unknown; name?: unknown } | null;
      if (handle?.version !== 1 || handle.kind !== KIND || handle.name !== record.name) return null;
      return bottles.get(record.name)?.open() ?? null;
    },
    survey: async () => [],
    runs: async (name) => bottles.has(name),
    remove: async () => undefined,
    workshop: async () => {
      throw new BottleError("HOST_UNFIT", "bottles in memory have no workshop: nothing can be shown at another path");
    },
    erase: async (folder) => {
      await find(folder, "-delete");
      try {
        rmdirSync(folder);
      } catch {
        // It was not there.
      }
    },
    measure: async (folder) => {
      const blocks = (await find(folder, "-printf", "%b\\n")).split("\n").filter(Boolean).map(Number);
      return { bytes: blocks.reduce((sum, count) => sum + count * 512, 0), files: blocks.length };
    },
    census: (name) => {
      const bottle = bottles.get(name);
      return bottle === undefined ? [] : [`bottle ${name}`, ...bottle.processes().map((pid) => `process ${pid}`)];
    },
  };
}
