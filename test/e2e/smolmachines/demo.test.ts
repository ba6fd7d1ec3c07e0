import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";
import { smolvmWorld } from "../../support/smolvm.ts";

test("every probe of the demo holds over a fake smolvm", {
  skip: skipWithout("root", "bubblewrap", "perl", "git", "claude"),
}, async () => {
  using operator = newOperator();
  const world = smolvmWorld("1.9.3");
  try {
    // Its own home has no Claude Code.
    const bin = join(operator.home, "bin");
    mkdirSync(bin);
    symlinkSync(claudeBinary() ?? "", join(bin, "claude"));
    const env = {
      PATH: `${bin}:${operator.env.PATH}`,
      BOT_BOTTLE_SMOLVM: world.program,
      BOT_BOTTLE_SMOLVM_IMAGE: world.image,
    };
    const run = await operator.bottle(["demo", "--backend", "smolmachines", "--format", "json"], { env });
    assert.notEqual(run.stdout, "", run.stderr);
    const { ok, probes } = JSON.parse(run.stdout);
    for (const probe of probes) assert.equal(probe.ok, true, `${probe.name}: ${probe.evidence}`);
    assert.deepEqual([ok, run.code, probes.length], [true, 0, 7]);
    assert.match(JSON.stringify(probes), /inside there is only lo, and no route/);
  } finally {
    world.dispose();
  }
});
