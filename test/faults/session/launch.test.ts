import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import type { StartRequest } from "../../../src/core/plan/start-request.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { launch } from "../../../src/session/launch.ts";
import { prepare } from "../../../src/session/prepare.ts";
import { removeBottle } from "../../../src/session/removal.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { findBottle, listBottles, readRecord } from "../../../src/state/records.ts";
import { failingBackend, Injected } from "../../support/failing-backend.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");

function contextOf(operator: Operator): SessionContext {
  const facts = { ...gatherFacts(), home: operator.home };
  return {
    env: operator.env,
    cwd: operator.workspace,
    facts,
    layout: layoutOf(operator.env, operator.home, facts.uid),
    say: () => undefined,
    ask: null,
    signal: new AbortController().signal,
  };
}

const request = (operator: Operator): StartRequest => ({
  agent: "shell",
  path: operator.workspace,
  workspace: null,
  backend: null,
  command: null,
  prompt: "true",
  args: [],
  name: "faulty",
  labels: {},
  allow: [],
  withoutCgroup: false,
  dryRun: false,
  rm: false,
});

function assertNothingLeft(operator: Operator, what: string): void {
  assert.deepEqual(globSync("/sys/fs/cgroup/{,*/,*/*/}*bot-bottle-faulty*"), [], `${what}: control groups`);
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  assert.deepEqual(existsSync(runtime) ? readdirSync(runtime) : [], [], `${what}: runtime folder`);
  const cages = globSync("/proc/[0-9]*/mountinfo").filter((file) => {
    try {
      return file !== `/proc/${process.pid}/mountinfo` && readFileSync(file, "utf8").includes(operator.home);
    } catch {
      return false;
    }
  });
  assert.deepEqual(cages, [], `${what}: processes of a cage`);
}

for (const when of ["before", "after"] as const) {
  test(`a start whose Nth effect fails (${when} it happened) leaves nothing, for every N`, { skip }, async () => {
    using operator = newOperator();
    const context = contextOf(operator);
    const real = await loadBackend("bubblewrap");
    let succeeded = false;
    for (let nth = 1; !succeeded; nth++) {
      assert.ok(nth < 40, "a start has fewer effects than this");
      const { plan } = await prepare(request(operator), context);
      const { backend, effects } = failingBackend(real, nth, when);
      const what = `effect ${nth} fails ${when}`;
      try {
        const running = await launch(plan, backend, context);
        assert.ok(effects.length < nth, `${what}: its failure was swallowed`);
        succeeded = true;
        assert.deepEqual(await running.close(), []);
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Injected ? error.cause : error;
        assert.ok(cause instanceof Injected, `${what}: ${String(error)}`);
        assert.equal((await readRecord(context.layout, "faulty")).phase, "failed", what);
      }
      assertNothingLeft(operator, what);
      const left = await findBottle(context.layout, "faulty");
      assert.ok(left !== null);
      await removeBottle(left, real, context);
      assert.deepEqual(await listBottles(context.layout), [], what);
    }
  });
}
