import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");

test("every probe of the demo holds, whatever the operator's own manifest and credentials are", { skip }, async () => {
  using operator = newOperator();
  const bin = join(operator.home, "tools");
  mkdirSync(bin);
  symlinkSync(claudeBinary() ?? "", join(bin, "claude"));
  operator.writeManifest("this is no manifest");
  const env = {
    PATH: `${bin}:${operator.env.PATH}`,
    ANTHROPIC_API_KEY: "sk-ant-api03-the-operators-own-key-stays-out",
  };
  const run = await operator.bottle(["demo", "--format", "json"], { env });
  const { ok, probes } = JSON.parse(run.stdout);
  for (const probe of probes) assert.equal(probe.ok, true, `${probe.name}: ${probe.evidence}`);
  assert.deepEqual([ok, run.code, probes.length], [true, 0, 7]);
  assert.ok(!(run.stdout + run.stderr).includes(env.ANTHROPIC_API_KEY));
});
