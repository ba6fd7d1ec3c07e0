import assert from "node:assert/strict";
import { test } from "node:test";
import { readChosenServices } from "../../../src/sidecar/chosen-services.ts";

test("a sidecar runs what its variable names, and nothing when it names nothing", () => {
  assert.deepEqual(readChosenServices("egress"), { ok: true, services: ["egress"] });
  assert.deepEqual(readChosenServices(" egress , "), { ok: true, services: ["egress"] });
  for (const none of [undefined, "", " , "]) assert.deepEqual(readChosenServices(none), { ok: true, services: [] });
});

test("a name that is not known, or not here yet, is a problem that says which", () => {
  const problemOf = (list: string) => {
    const reading = readChosenServices(list);
    return reading.ok ? "" : reading.problem;
  };
  assert.match(problemOf("egress,proxy"), /names proxy; there are egress, git-gate, supervise/);
  assert.match(problemOf("egress,supervise"), /no service supervise yet/);
});
