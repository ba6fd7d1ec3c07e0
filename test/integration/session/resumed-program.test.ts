import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { providers } from "../../../src/agents/providers.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { withProgram } from "../../../src/session/resumed-program.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { testPlan } from "../../support/test-bottle.ts";

const claude = Object.values(providers).find(({ name }) => name === "claude-code");

/** A home in which `claude` is a link to one version of many, each any program of machine code. */
function newHome(context: TestContext) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "program-")));
  context.after(() => rmSync(home, { recursive: true }));
  const bin = join(home, ".local/bin");
  mkdirSync(bin, { recursive: true });
  const install = (version: string): string => {
    const path = join(home, version);
    copyFileSync("/usr/bin/true", path);
    chmodSync(path, 0o755);
    rmSync(join(bin, "claude"), { force: true });
    symlinkSync(path, join(bin, "claude"));
    return path;
  };
  const said: string[] = [];
  const env = { PATH: bin };
  const facts = { ...gatherFacts(), home };
  const layout = layoutOf(env, home, facts.uid);
  const signal = new AbortController().signal;
  const session: SessionContext = {
    env,
    cwd: "/",
    facts,
    layout,
    say: (line) => void said.push(line),
    ask: null,
    signal,
  };
  return { install, said, session };
}

function planWith(path: string, origin: string): BottlePlan {
  const plan = testPlan("one", "/work");
  assert.ok(claude);
  const binary = { path, version: "1", origin };
  const tool = { host: "/opt/tool", guest: "/opt/tool" };
  return { ...plan, mounts: [tool, ...claude.mounts(binary)], agent: { ...plan.agent, binary } };
}

test("a program that has updated itself since the start is taken as it is now, and that is said", async (context) => {
  assert.ok(claude);
  const { install, said, session } = newHome(context);
  const old = install("1.0.0");
  const plan = planWith(old, "host claude");
  assert.equal(await withProgram(plan, claude, session), plan);
  rmSync(old);
  const next = install("2.0.0");
  const now = await withProgram(plan, claude, session);
  assert.equal(now.agent.binary.path, next);
  assert.deepEqual(
    now.mounts.map(({ host }) => host),
    ["/opt/tool", next],
  );
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /1\.0\.0 of the start is gone; one goes on with .*2\.0\.0/);
});

test("a program that was named and is gone is missed, and no other one is taken", async (context) => {
  assert.ok(claude);
  const { install, session } = newHome(context);
  install("2.0.0");
  const missing = { code: "AGENT_BINARY_MISSING", message: /which the start named, is gone/ };
  await assert.rejects(withProgram(planWith("/nonexistent/claude", "named command"), claude, session), missing);
  const shell = Object.values(providers).find(({ name }) => name === "shell");
  assert.ok(shell);
  await assert.rejects(withProgram(planWith("/usr/bin/nonexistent-shell", "host"), shell, session), missing);
});
