import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CreateContext } from "../../../src/backends/backend.ts";
import type { HostFacts } from "../../../src/core/model/host-facts.ts";
import { Cleanup } from "../../../src/host/cleanup.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { backendEnv } from "../../support/backend-env.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually } from "../../support/operator.ts";
import { guestFiles, plannedFor, testFolders } from "../../support/test-bottle.ts";
import type { Chapter, Given } from "../clause.ts";
import { gatewayOnly } from "../gateway-only.ts";
import { WHOLE } from "../whole.ts";

const HOST = join(import.meta.dirname, "../../support/bottle-host.ts");
let count = 0;
const newName = (word: string) => `${word}-${process.pid}-${++count}`;

interface Attempt {
  readonly facts?: Partial<HostFacts>;
  readonly journal?: CreateContext["journal"];
  readonly serve?: () => Promise<void>;
  /** Called when the bottle runs, before it is undone. */
  readonly running?: () => void;
}

/** Makes a bottle as a session does and undoes it. Answers what failed, or null; asserts that nothing is left. */
async function attempt({ backend, contender }: Given, what: string, fault: Attempt): Promise<unknown> {
  const { top, folders } = testFolders();
  const honest = gatherFacts();
  const facts = { ...honest, ...fault.facts };
  const name = newName("faulty");
  const cleanup = new Cleanup();
  try {
    const failure = await (async () => {
      try {
        const plan = plannedFor(backend, facts, name, folders.workspace, contender.plan);
        const journal = fault.journal ?? (async () => {});
        const shell = await backend.create(plan, { facts, folders, cleanup, journal });
        const ways = gatewayOnly(name, cleanup);
        await shell.serve({
          here: async (listener) => {
            await fault.serve?.();
            return ways.here(listener);
          },
          remote: async (place) => {
            await fault.serve?.();
            return ways.remote(place);
          },
        });
        const bottle = await shell.start(guestFiles({}, shell.guest));
        assert.equal((await bottle.exec({ argv: ["/bin/true"] })).code, 0);
        fault.running?.();
        return null;
      } catch (error) {
        return error;
      }
    })();
    const undone = await cleanup.run();
    assert.deepEqual(undone, [], `${what}: undo`);
    assert.deepEqual(await contender.census(name), [], what);
    assert.deepEqual(readdirSync(folders.run), [], what);
    return failure;
  } finally {
    for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, honest);
    rmSync(top, { recursive: true, force: true });
  }
}

/** A host process in which a bottle is made, and the folders of that bottle. */
async function hostOf({ backend, contender }: Given, name: string) {
  const { top, folders } = testFolders();
  const child: ChildProcess = spawn(
    process.execPath,
    [...NODE_FLAGS, HOST, contender.column, name, folders.home, folders.workspace, folders.run],
    { env: backendEnv(), stdio: ["ignore", "pipe", "inherit"] },
  );
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  return {
    said: (word: string) => eventually(`the host process says ${word}`, () => out.includes(word)),
    kill: async () => {
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await closed;
    },
    dispose: async () => {
      child.kill("SIGKILL");
      for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, gatherFacts());
      rmSync(top, { recursive: true, force: true });
    },
  };
}

/** One pass of what `bottle prune` does for a backend. */
async function pruneOnce({ backend }: Given, name: string): Promise<number> {
  const facts = gatherFacts();
  const left = (await backend.survey(facts, new Set())).filter(({ bottle }) => bottle === name);
  // Twice: a second prune at the same time finds the same.
  for (const leftover of [...left, ...left]) await backend.remove(leftover, facts);
  return left.length;
}

/** A dead man's switch that meets what is still being made pauses between its tries. */
const SWITCH_MS = 5000;

/** Resolves when what is there of a bottle changes no more, and no process of it is about to end it. */
async function still({ contender }: Given, name: string): Promise<void> {
  let [seen, since] = ["", 0];
  await eventually("it is still", async () => {
    const now = await contender.census(name);
    const last = seen;
    seen = JSON.stringify(now);
    if (seen !== last) since = performance.now();
    await delay(300);
    const runs = now.some((line) => line.startsWith("process "));
    return seen === last && (!runs || performance.now() - since > SWITCH_MS);
  });
}

export const FAULTS: Chapter = {
  title: "what fails on the way, and what is left then",
  clauses: [
    {
      id: "faults-journal",
      title: "part 7: a journal that fails before the Nth thing is made stops there and leaves nothing, for every N",
      run: async (given) => {
        let steps = 0;
        for (let failing = 1; ; failing += 1) {
          steps = 0;
          const journal = async () => {
            steps += 1;
            if (steps === failing) throw new Error("disk full");
          };
          const failure = await attempt(given, `journal line ${failing}`, { journal });
          if (steps < failing) {
            assert.equal(failure, null);
            break;
          }
          assert.match(String(failure), /disk full/);
        }
        assert.ok(steps >= 2, `${steps} things are made`);
      },
    },
    {
      id: "faults-services",
      title: "part 7: services that fail to start leave nothing",
      run: async (given) => {
        const serve = async () => {
          throw new Error("no services today");
        };
        assert.match(String(await attempt(given, "services", { serve })), /no services today/);
      },
    },
    {
      id: "faults-calls",
      title: "part 7: whichever call to the host or the engine fails on the way, nothing is left",
      timeoutMs: 480_000,
      run: async (given) => {
        const stride = WHOLE ? 1 : (given.contender.stride ?? 1);
        for (let nth = 1; ; nth += stride) {
          assert.ok(nth < 80, "a start makes fewer calls than this");
          await using fault = await given.contender.interrupt(nth);
          let calls = 0;
          const running = () => {
            calls = fault.calls();
          };
          const failure = await attempt(given, `call ${nth}`, { facts: fault.facts, running });
          // With the call that fails behind it, a start has made all its calls.
          if (failure === null && calls < nth) {
            assert.ok(nth > 1, "no call was made");
            break;
          }
        }
      },
    },
    {
      id: "faults-living",
      title: "parts 28, B29: a bottle that runs is no leftover, whether or not its name is known",
      run: async ({ backend, open }) => {
        const b = await open();
        for (const alive of [[], [b.plan.name]]) {
          const left = await backend.survey(b.facts, new Set(alive));
          assert.deepEqual(
            left.filter(({ bottle }) => bottle === b.plan.name),
            [],
          );
        }
        assert.equal(await b.sh("echo alive"), "alive\n");
      },
    },
    {
      id: "faults-killed",
      title: "row 134: part 28: kill -9 of the host process ends the bottle; one prune removes the rest",
      run: async (given) => {
        const name = newName("killed");
        const host = await hostOf(given, name);
        try {
          await host.said("}");
          assert.notDeepEqual(await given.contender.census(name), []);
          await host.kill();
          assert.ok(
            (await given.backend.survey(gatherFacts(), new Set([name]))).every(({ bottle }) => bottle !== name),
          );
          await eventually("nothing of it runs", async () => !(await given.backend.runs(name, gatherFacts())));
          await pruneOnce(given, name);
          assert.deepEqual(await given.contender.census(name), []);
          assert.equal(await pruneOnce(given, name), 0);
        } finally {
          await host.dispose();
        }
      },
    },
    {
      id: "faults-killed-early",
      title: "part 28: kill -9 of the host process at any moment of a start leaves only what one prune removes",
      timeoutMs: 180_000,
      run: async (given) => {
        for (const wait of [0, 10, 25, 50, 100, 250, 600, 1200]) {
          const name = newName("early");
          const host = await hostOf(given, name);
          try {
            await host.said("begin");
            await delay(wait);
            await host.kill();
            // What the kernel or the engine was still about to make appears or goes; prune comes after that.
            await still(given, name);
            await pruneOnce(given, name);
            assert.deepEqual(await given.contender.census(name), [], `killed after ${wait} ms`);
          } finally {
            await host.dispose();
          }
        }
      },
    },
  ],
};
