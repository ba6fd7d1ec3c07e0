import assert from "node:assert/strict";
import { test } from "node:test";
import { GVISOR } from "../../contract/refused.ts";
import { docker } from "../../support/docker-engine.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker", "docker-images", "runsc");

test("a bottle on gVisor is sealed and runs, or is refused by the seal check with the reasons; nothing is left", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest('{ "bottles": { "default": { "runtime": "runsc" } } }');
  const started = await operator.bottle([
    "start",
    "shell",
    "-p",
    "dmesg | head -1",
    "--backend",
    "docker",
    "--name",
    "gvisor",
  ]);
  if (started.code === 0) assert.match(started.stdout, /gVisor/);
  else {
    assert.equal(started.code, 5, started.stderr);
    assert.match(started.stderr, /the bottle is not sealed: .*SEAL_BROKEN/);
    // As docs/backends.md says.
    for (const word of GVISOR.words) assert.ok(started.stderr.includes(`${word}: expected`), word);
    assert.equal(started.stdout, "");
  }
  assert.equal(docker(["ps", "--all", "--quiet", "--filter", "label=bot-bottle.bottle=gvisor"]), "");
  const removed = await operator.bottle(["rm", "--discard", "gvisor"]);
  assert.equal(removed.code, 0, removed.stderr);
});
