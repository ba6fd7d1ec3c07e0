import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";
import { makeRepository } from "../../support/operator-repository.ts";
import { trialOf } from "../../support/smolvm/trial.ts";
import { namesOf, smolvmWorld } from "../../support/smolvm.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "git");

test("what a fake smolvm warns of is no failure, and stands among nobody's words", {
  skip,
  timeout: 120_000,
}, async () => {
  using operator = newOperator();
  makeRepository(operator);
  const world = smolvmWorld("1.9.3", {}, { faults: "warnings" });
  try {
    const env = { ...namesOf(world), RUST_LOG: "info" };
    const run = await operator.bottle(["start", "shell", "--name", "one", "-p", "echo said >&2"], { env });
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /^said$/m);
    assert.doesNotMatch(run.stderr, /WARN/);
  } finally {
    world.dispose();
  }
});

test("as root a fake smolvm shows no closed folder, from 1.2.5 on, unless told to", { skip }, async () => {
  for (const [version, code] of [
    ["1.2.3", 0],
    ["1.2.5", 1],
  ] as const) {
    const trial = trialOf(version);
    try {
      const closed = join(trial.world.folder, "closed");
      mkdirSync(closed, { mode: 0o700 });
      assert.equal((await trial.create("one", "-v", `${closed}:/shown`)).code, 0);
      assert.equal((await trial.start("one")).code, code);
      await trial.call(["machine", "stop", "-n", "one"]);
      assert.equal((await trial.start("one", { SMOLVM_VM_UID_DROP: "off" })).code, 0);
      await trial.call(["machine", "stop", "-n", "one"]);
      await trial.remove("one");
    } finally {
      await trial.dispose();
    }
  }
});
