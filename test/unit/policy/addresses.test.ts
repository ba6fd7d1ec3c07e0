import assert from "node:assert/strict";
import { test } from "node:test";
import type { EgressRule } from "../../../src/core/model/policy.ts";
import { judgeAddresses } from "../../../src/core/policy/addresses.ts";
import { rule } from "../../support/core/policies.ts";

const OWN = ["127.0.0.1", "::1", "198.51.100.7", "8.8.4.4", "2606:4700::9", "fe80::1%eth0"];

function reason(addresses: readonly string[], over: Partial<EgressRule> = {}): string {
  const judgement = judgeAddresses(rule(over), addresses, OWN);
  return judgement.ok ? `dial ${judgement.addresses.join(" ")}` : judgement.reason;
}

test("public answers are dialled, each once, in their order", () => {
  assert.equal(reason(["8.8.8.8", "2606:4700::1", "8.8.8.8"]), "dial 8.8.8.8 2606:4700::1");
});

test("row 28, 29, 37: special ranges deny", () => {
  for (const address of [
    "127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.0.1",
    "::1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "0.0.0.0",
    "224.0.0.1",
  ]) {
    assert.notEqual(reason([address]).slice(0, 4), "dial", address);
  }
  assert.equal(reason(["10.0.0.1"]), "address-not-public");
});

test("row 30: metadata is never dialled, whatever the rule names", () => {
  for (const address of [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "100.100.100.200",
    "64:ff9b::a9fe:a9fe",
  ]) {
    assert.equal(reason([address]), "address-metadata", address);
    assert.equal(reason([address], { host: address }), "address-metadata", address);
    assert.equal(
      reason([address], { dial: { kind: "tcp", address, port: 80, caPem: null } }),
      "address-metadata",
      address,
    );
  }
});

test("row 31: addresses of this machine deny, in every dress", () => {
  for (const address of ["8.8.4.4", "::ffff:8.8.4.4", "64:ff9b::8.8.4.4", "2606:4700:0::9"])
    assert.equal(reason([address]), "address-own", address);
});

test("row 32, 33, 35: one bad answer denies the set", () => {
  assert.equal(reason(["8.8.8.8", "10.0.0.1"]), "address-not-public");
  assert.equal(reason(["10.0.0.1", "8.8.8.8"]), "address-not-public");
  assert.equal(reason(["8.8.8.8", "169.254.169.254"]), "address-metadata");
  assert.equal(reason(["8.8.8.8", "nonsense"]), "resolve-failed");
  assert.equal(reason([]), "resolve-failed");
});

test("row 25, 37: a special address is dialled only where the rule names that very one", () => {
  assert.equal(reason(["127.0.0.1"], { host: "127.0.0.1" }), "dial 127.0.0.1");
  assert.equal(reason(["127.0.0.2"], { host: "127.0.0.1" }), "address-not-public");
  assert.equal(reason(["::1"], { host: "::1" }), "dial ::1");
  assert.equal(reason(["10.0.0.1", "10.0.0.2"], { host: "10.0.0.1" }), "address-not-public");
});

test("row 156: `dial` names the one address there is", () => {
  const dial = { kind: "tcp" as const, address: "127.0.0.1", port: 9, caPem: null };
  assert.equal(reason(["127.0.0.1"], { dial }), "dial 127.0.0.1");
  assert.equal(reason(["8.8.8.8"], { dial }), "address-not-public", "a resolved address next to `dial` is a mistake");
  assert.equal(reason(["127.0.0.1"], { dial: { kind: "unix", path: "/run/x", caPem: null } }), "address-not-public");
});
