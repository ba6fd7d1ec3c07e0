/** What is left cannot be told by a smolvm that does not answer; plain programs in its place. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hasMachine, surveyMachines } from "../../../src/backends/smolmachines/survey.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { rejectsWith } from "../../support/rejection.ts";

function named(t: TestContext, cases: string): void {
  const folder = mkdtempSync(join(tmpdir(), "survey-"));
  const program = join(folder, "smolvm");
  writeFileSync(program, `#!/bin/sh\ncase "$1 $2" in\n${cases}\nesac\n`, { mode: 0o755 });
  const before = { BOT_BOTTLE_SMOLVM: process.env.BOT_BOTTLE_SMOLVM, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };
  Object.assign(process.env, { BOT_BOTTLE_SMOLVM: program, XDG_CACHE_HOME: folder });
  t.after(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });
}

/** `prune` goes on with other backends after this, and touches nothing of this one. */
async function unanswered(words: RegExp): Promise<void> {
  assert.match((await rejectsWith("HOST_UNFIT", surveyMachines(gatherFacts(), new Set()))).message, words);
  assert.match((await rejectsWith("HOST_UNFIT", hasMachine("one"))).message, words);
}

test("a smolvm whose ls fails keeps nobody from removing what others left", async (t) => {
  named(t, `"--version ") echo "smolvm 1.9.3" ;;\n"machine ls") echo "Error: database is damaged" >&2; exit 1 ;;`);
  await unanswered(/database is damaged/);
});

test("a smolvm that cannot run is not taken for another product's, of which no machine can be left", async (t) => {
  named(t, `*) echo "smolvm-bin: error while loading shared libraries" >&2; exit 127 ;;`);
  await unanswered(/shared libraries/);
});

test("of another product's command nothing is left", async (t) => {
  named(t, `*) echo "No such option" >&2; exit 2 ;;`);
  assert.deepEqual(await surveyMachines(gatherFacts(), new Set()), []);
  assert.equal(await hasMachine("one"), false);
});
