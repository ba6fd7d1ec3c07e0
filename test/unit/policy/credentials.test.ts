import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { createCredentialGuard, credentialApplies, credentialsFor } from "../../../src/core/policy/credentials.ts";
import { authority, binding, policy, rule } from "../../support/core/policies.ts";

test("row 92: a credential applies at its hosts and ports, over https", () => {
  const wide = binding({ hosts: ["a.test", "*.b.test:8443"] });
  assert.equal(credentialApplies(wide, "https", authority("a.test")), true);
  assert.equal(credentialApplies(wide, "http", authority("a.test")), false);
  assert.equal(credentialApplies(wide, "https", authority("a.test:8443")), false);
  assert.equal(credentialApplies(wide, "https", authority("x.b.test:8443")), true);
  assert.equal(credentialApplies(wide, "https", authority("b.test:8443")), false);
  assert.equal(credentialApplies(binding({ hosts: ["bad host"] }), "https", authority("a.test")), false);
});

test("row 96: none is written over plain http or into a spliced tunnel", () => {
  const one = policy([], [binding()]);
  assert.equal(credentialsFor(one, rule(), authority("a.test")).length, 1);
  assert.equal(credentialsFor(one, rule({ scheme: "http" }), authority("a.test")).length, 0);
  assert.equal(credentialsFor(one, rule({ mode: "splice" }), authority("a.test")).length, 0);
});

test("a value that is too short to be guarded is an error that does not show it", () => {
  assert.throws(
    () => createCredentialGuard(policy([], [binding()]), new Map([["main", new Secret("main", "hunter2")]])),
    (error) => error instanceof Error && error.message.includes("main") && !error.message.includes("hunter2"),
  );
});

test("a secret that belongs to no host is misplaced everywhere", () => {
  const guard = createCredentialGuard(policy([rule()]), new Map([["loose", new Secret("loose", "a-loose-secret")]]));
  const head = { scheme: "https", authority: authority("a.test"), target: "/?q=A-Loose-Secret", headers: [] } as const;
  assert.deepEqual(guard.findMisplaced(head), { name: "loose", kind: "secret", where: "target" });
  assert.equal(guard.findMisplaced({ ...head, target: "/" }), null);
});
