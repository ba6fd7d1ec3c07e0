import assert from "node:assert/strict";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { SecretRef } from "../../../src/core/model/plan.ts";
import { missingVariables } from "../../../src/session/guest-env.ts";
import { holdSecrets } from "../../../src/session/held-secrets.ts";
import { testPlan } from "../../support/test-bottle.ts";

const refs: readonly SecretRef[] = [
  { credential: "one", source: { kind: "env", variable: "ONE" } },
  { credential: "two", source: { kind: "file", path: "/nowhere/two" } },
  { credential: "three", source: { kind: "env", variable: "THREE" } },
];

test("all that is missing for a start is said at once: credentials, variables, answers", async () => {
  const plan = testPlan("one", "/srv/app", {
    envFromHost: [{ name: "A", variable: "HOST_A", expose: false }],
    envAsked: [{ name: "TICKET", question: "Which?" }],
  });
  const env = { THREE: "a-canary-value" };
  const missing = missingVariables(plan, { env, ask: null });
  await assert.rejects(holdSecrets(refs, env, missing), (error) => {
    assert.ok(error instanceof BottleError && error.code === "SECRET_UNRESOLVED");
    for (const part of [/credential one: .*ONE is not set/, /credential two: .*\/nowhere\/two/, /HOST_A/, /TICKET/])
      assert.match(error.message, part);
    assert.doesNotMatch(error.message, /three|canary/);
    return true;
  });
});

test("one that is missing is said in its own words, and none is an answer", async () => {
  await assert.rejects(holdSecrets(refs.slice(0, 1), {}), { message: "credential one: the variable ONE is not set" });
  const held = await holdSecrets(refs.slice(0, 1), { ONE: "a-canary-value" });
  assert.equal((await held.read("one")).reveal(), "a-canary-value");
});
