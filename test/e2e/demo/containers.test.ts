import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

test("every probe of the demo holds with the gateway in a sidecar, whose model listens on the operator's machine", {
  skip: skipWithout("docker", "docker-images", "perl", "claude"),
}, async () => {
  using operator = newOperator();
  const words = ["demo", "--backend", "docker", "--placement", "bundle", "--format", "json"];
  // Its own home has no Claude Code, and beside the engine there is no way to fetch one.
  const bin = join(operator.home, "bin");
  mkdirSync(bin);
  symlinkSync(claudeBinary() ?? "", join(bin, "claude"));
  const run = await operator.bottle(words, { env: { PATH: `${bin}:${operator.env.PATH}` } });
  assert.notEqual(run.stdout, "", run.stderr);
  const { ok, probes } = JSON.parse(run.stdout);
  for (const probe of probes) assert.equal(probe.ok, true, `${probe.name}: ${probe.evidence}`);
  assert.deepEqual([ok, run.code, probes.length], [true, 0, 7]);
  assert.match(JSON.stringify(probes), /the gateway is the only neighbour/);
});

test("a placement is refused where the backend has none", { skip: skipWithout("bubblewrap") }, async () => {
  using operator = newOperator();
  const run = await operator.bottle(["demo", "--backend", "bubblewrap", "--placement", "bundle"]);
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /the backend bubblewrap knows no placement/);
});
