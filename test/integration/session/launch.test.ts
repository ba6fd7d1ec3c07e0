import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Backend } from "../../../src/backends/backend.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import type { StartRequest } from "../../../src/core/plan/start-request.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { launch } from "../../../src/session/launch.ts";
import { prepare } from "../../../src/session/prepare.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { readRecord } from "../../../src/state/records.ts";
import { failingBackend, Injected } from "../../support/failing-backend.ts";
import { createMemoryBackend } from "../../support/memory-backend.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const SEALED = readFileSync(join(import.meta.dirname, "../../fuzz/corpus/probe-report/sealed"), "utf8").trim();

/** A fake whose bottles say of themselves that they are sealed, which they are not. */
const sealedBackend = () =>
  createMemoryBackend({
    answers: ({ argv }) =>
      argv[0] === "/usr/bin/perl" && argv[1] === "-"
        ? { code: 0, stdout: Buffer.from(`${SEALED}\nmcp=405\n\n`), stderr: Buffer.alloc(0) }
        : null,
  });

function contextOf(operator: Operator): SessionContext {
  const { tools, ...facts } = gatherFacts();
  // Without git nothing is kept of the folder in a workshop, which the fake does not have.
  const { git: _git, ...others } = tools;
  return {
    env: operator.env,
    cwd: operator.workspace,
    facts: { ...facts, tools: others, home: operator.home },
    layout: layoutOf(operator.env, operator.home, facts.uid),
    say: () => undefined,
    ask: null,
    signal: new AbortController().signal,
  };
}

const REQUEST: Omit<StartRequest, "path"> = {
  agent: "shell",
  workspace: "copy",
  backend: "bubblewrap",
  command: null,
  prompt: "true",
  args: [],
  name: "quick",
  labels: {},
  allow: [],
  withoutCgroup: false,
  dryRun: false,
  rm: false,
};

/** The plan that the session makes, for the fake instead of the backend that it was made for. */
async function planFor(backend: Backend, operator: Operator, context: SessionContext): Promise<BottlePlan> {
  const { plan } = await prepare({ ...REQUEST, path: operator.workspace }, context);
  return { ...plan, backendPlan: backend.plan(plan, context.facts) };
}

test("part 7: a start makes things in the order of the architecture, and ends them the other way round", async () => {
  using operator = newOperator();
  const context = contextOf(operator);
  const memory = sealedBackend();
  const { backend, effects } = failingBackend(memory, 0, "before");
  const plan = await planFor(memory, operator, context);
  const running = await launch(plan, backend, context);
  assert.deepEqual(effects.slice(0, 5), ["create", "journal", "journal", "serve", "start"]);
  // Files and the workspace go in while the seal is probed.
  assert.deepEqual(effects.slice(5).sort(), ["exec", "put", "unpack"]);
  assert.ok(existsSync(join(running.guest.home, ".bot-bottle/prompt.md")));
  assert.equal((await readRecord(context.layout, plan.name)).phase, "running");
  assert.equal(readFileSync(join(running.guest.workspace, "README"), "utf8"), "a project\n");
  assert.deepEqual(memory.census(plan.name), [`bottle ${plan.name}`]);

  // The services outlive the bottle, and the record says so last.
  const order: string[] = [];
  const { close } = running.bottle;
  void running.bottle.ended.then(() => order.push("bottle"));
  assert.deepEqual(await running.close(), []);
  order.push("all");
  assert.deepEqual(order, ["bottle", "all"]);
  await close();
  assert.deepEqual(memory.census(plan.name), []);
  const record = await readRecord(context.layout, plan.name);
  assert.deepEqual([record.phase, record.endedAt === null], ["exited", false]);
});

for (const when of ["before", "after"] as const) {
  test(`part 7: a start whose Nth effect fails (${when} it happened) is undone, for every N`, async () => {
    for (let nth = 1; ; nth += 1) {
      using operator = newOperator();
      const context = contextOf(operator);
      const memory = sealedBackend();
      const plan = await planFor(memory, operator, context);
      const { backend, effects } = failingBackend(memory, nth, when);
      let failure: unknown = null;
      const running = await launch(plan, backend, context).catch((error: unknown) => {
        failure = error;
        return null;
      });
      if (running !== null) {
        assert.ok(effects.length < nth, `effect ${nth}: its failure was swallowed`);
        assert.deepEqual(await running.close(), []);
        break;
      }
      const cause = failure instanceof Error && failure.cause instanceof Injected ? failure.cause : failure;
      assert.ok(cause instanceof Injected, `effect ${nth}: ${String(failure)}`);
      assert.equal((await readRecord(context.layout, plan.name)).phase, "failed");
      assert.deepEqual(memory.census(plan.name), [], `effect ${nth}`);
      const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
      assert.deepEqual(existsSync(runtime) ? readdirSync(runtime) : [], [], `effect ${nth}: runtime folder`);
    }
  });
}

test("rows 72, 146: a backend without walls is refused by the seal check, and nothing is left of the start", async () => {
  using operator = newOperator();
  const context = contextOf(operator);
  // The real probe, as a plain process of this machine.
  const memory = createMemoryBackend();
  const plan = await planFor(memory, operator, context);
  await assert.rejects(launch(plan, memory, context), (error) => {
    assert.ok(error instanceof BottleError && error.code === "SEAL_BROKEN", String(error));
    assert.match(error.message, /NoNewPrivs|Seccomp/);
    return true;
  });
  assert.deepEqual(memory.census(plan.name), []);
});

test("two bottles of one name are refused while the first runs", async () => {
  using operator = newOperator();
  const context = contextOf(operator);
  const memory = sealedBackend();
  const plan = await planFor(memory, operator, context);
  const running = await launch(plan, memory, context);
  await assert.rejects(launch(plan, memory, context), (error) => error instanceof BottleError);
  assert.equal(await running.bottle.status(), "running");
  assert.equal((await running.bottle.exec({ argv: ["/bin/true"] })).code, 0);
  assert.deepEqual(await running.close(), []);
});
