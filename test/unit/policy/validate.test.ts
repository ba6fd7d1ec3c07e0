import assert from "node:assert/strict";
import { test } from "node:test";
import type { CredentialBinding, EgressRule } from "../../../src/core/model/policy.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import { binding, policy, rule } from "../../support/core/policies.ts";

const ofRule = (over: Partial<EgressRule>): string[] => policyProblems(policy([rule(over)])).map(({ path }) => path);
const ofCredentials = (bindings: readonly CredentialBinding[], rules: readonly EgressRule[] = [rule()]): string[] =>
  policyProblems(policy(rules, bindings)).map(({ path }) => path);

test("row 22: a policy without rules is well formed", () => {
  assert.deepEqual(policyProblems(policy([])), []);
});

test("an ordinary policy has no problems", () => {
  const rules = [
    rule({ methods: ["GET"], paths: ["/v1/*"] }),
    rule({ id: "s", host: "*.b.test", mode: "splice" }),
    rule({ id: "h", host: "c.test", scheme: "http", port: 80 }),
    rule({ id: "d", host: "d.test", dial: { kind: "tcp", address: "127.0.0.1", port: 9, caPem: null } }),
    rule({ id: "u", host: "e.test", dial: { kind: "unix", path: "/run/x.sock", caPem: null } }),
    rule({ id: "l", host: "127.0.0.1", port: 5000 }),
  ];
  const header = { kind: "header", header: "X-Api-Key", prefix: "" } as const;
  const credentials = [
    binding({ drops: ["x-api-key"] }),
    binding({ name: "two", hosts: ["f.test:8443"], placeholder: "another-placeholder", scheme: header }),
  ];
  assert.deepEqual(policyProblems(policy(rules, credentials)), []);
});

test("each field of a rule is checked", () => {
  assert.deepEqual(ofRule({ id: "" }), ["rules[0].id"]);
  assert.deepEqual(ofRule({ host: "*" }), ["rules[0].host"]);
  assert.deepEqual(ofRule({ host: "A.test" }), ["rules[0].host"]);
  for (const port of [0, 65536, 1.5, Number.NaN]) assert.deepEqual(ofRule({ port }), ["rules[0].port"]);
  assert.deepEqual(ofRule({ methods: ["GET", "trace"] }), ["rules[0].methods[1]"]);
  assert.deepEqual(ofRule({ paths: ["/ok", "/a/../b"] }), ["rules[0].paths[1]"]);
  assert.deepEqual(ofRule({ maxRequestBytes: -1 }), ["rules[0].maxRequestBytes"]);
  assert.deepEqual(ofRule({ cookies: "keep" as "pass" }), ["rules[0].cookies"]);
  for (const cookies of ["drop", "pass"] as const) assert.deepEqual(ofRule({ cookies }), []);
});

test("row 41: no rule opens DNS over TLS", () => {
  for (const mode of ["inspect", "splice"] as const) assert.deepEqual(ofRule({ mode, port: 853 }), ["rules[0].port"]);
});

test("rules with one name are told apart", () => {
  assert.deepEqual(
    policyProblems(policy([rule(), rule({ host: "b.test", id: rule().id })])).map(({ path }) => path),
    ["rules[1].id"],
  );
});

test("a spliced rule promises nothing that is not seen", () => {
  const body = { shape: "anthropic-messages", allowProviderTools: [] } as const;
  assert.deepEqual(
    ofRule({
      mode: "splice",
      methods: ["GET"],
      paths: ["/"],
      body,
      websocket: true,
      maxRequestBytes: 1,
      cookies: "drop",
      scheme: "http",
    }).sort(),
    ["body", "cookies", "maxRequestBytes", "methods", "mode", "paths", "websocket"].map((it) => `rules[0].${it}`),
  );
});

test("row 30, 156: metadata can be neither listed nor dialled", () => {
  for (const address of ["169.254.169.254", "::ffff:a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"]) {
    assert.deepEqual(ofRule({ host: address }), ["rules[0].host"], address);
    assert.deepEqual(ofRule({ dial: { kind: "tcp", address, port: 80, caPem: null } }), ["rules[0].dial"], address);
  }
});

test("row 141, 156: only the operator lists special addresses or says where to dial", () => {
  assert.deepEqual(ofRule({ host: "10.0.0.1", source: "pack" }), ["rules[0].host"]);
  assert.deepEqual(ofRule({ host: "8.8.8.8", source: "pack" }), []);
  assert.deepEqual(ofRule({ source: "project", dial: { kind: "tcp", address: "10.0.0.1", port: 1, caPem: null } }), [
    "rules[0].dial",
  ]);
  for (const dial of [
    { kind: "tcp", address: "a.test", port: 1, caPem: null },
    { kind: "tcp", address: "10.0.0.1", port: 0, caPem: null },
    { kind: "unix", path: "x", caPem: null },
    { kind: "unix", path: `/${"x".repeat(107)}`, caPem: null },
  ] as const) {
    assert.deepEqual(ofRule({ dial }), ["rules[0].dial"]);
  }
});

test("rows 133, 156: no rule leads to a socket of bot-bottle itself, however its path is written", () => {
  for (const path of [
    "/tmp/bot-bottle-1000/reviewer/control.sock",
    "/run/user/1000/bot-bottle/reviewer/control.sock",
    "/var/run/user/1000/bot-bottle/reviewer/other.sock",
    "/srv/run/bot-bottle/reviewer/control.sock",
    "/tmp/x/../bot-bottle-0/reviewer/control.sock",
    "/tmp//bot-bottle-0/reviewer/control.sock",
    "/run/./x.sock",
  ]) {
    assert.deepEqual(ofRule({ dial: { kind: "unix", path, caPem: null } }), ["rules[0].dial"], path);
  }
  for (const path of ["/tmp/bot-bottle-demo-x/model.sock", "/home/me/bot-bottle/api.sock", "/run/api/control.sock"])
    assert.deepEqual(ofRule({ dial: { kind: "unix", path, caPem: null } }), [], path);
});

test("row 96: a credential for a host that is spliced or reached over plain http is an error", () => {
  assert.deepEqual(ofCredentials([binding()], [rule({ mode: "splice" })]), ["credentials[0].hosts[0]"]);
  assert.deepEqual(ofCredentials([binding()], [rule({ scheme: "http" })]), ["credentials[0].hosts[0]"]);
  assert.deepEqual(ofCredentials([binding()], [rule({ host: "*.test", mode: "splice" })]), ["credentials[0].hosts[0]"]);
  assert.deepEqual(
    ofCredentials([binding()], [rule(), rule({ id: "w", host: "*.test", mode: "splice" })]),
    [],
    "the exact host is inspected",
  );
  assert.deepEqual(ofCredentials([binding({ hosts: ["*.a.test"] })], [rule({ host: "x.a.test", mode: "splice" })]), [
    "credentials[0].hosts[0]",
  ]);
});

test("row 94: no placeholder is part of another", () => {
  const other = (placeholder: string) => binding({ name: "two", hosts: ["b.test"], placeholder });
  assert.deepEqual(ofCredentials([binding({ placeholder: "token-abcdef" }), other("token-abcdef-1")]), [
    "credentials[1].placeholder",
  ]);
  assert.deepEqual(ofCredentials([binding({ placeholder: "token-abcdef-1" }), other("TOKEN-abcdef")]), [
    "credentials[1].placeholder",
  ]);
  assert.deepEqual(ofCredentials([binding({ placeholder: "token-abcdef" }), other("token-abcdeg")]), []);
});

test("each field of a credential is checked", () => {
  assert.deepEqual(ofCredentials([binding({ hosts: [] })]), ["credentials[0].hosts"]);
  assert.deepEqual(ofCredentials([binding({ hosts: ["A.test"] })]), ["credentials[0].hosts[0]"]);
  assert.deepEqual(ofCredentials([binding({ placeholder: "short" })]), ["credentials[0].placeholder"]);
  assert.deepEqual(ofCredentials([binding({ placeholder: "with a space in it" })]), ["credentials[0].placeholder"]);
  assert.deepEqual(ofCredentials([binding({ drops: ["X-Api-Key", "host"] })]), [
    "credentials[0].drops[0]",
    "credentials[0].drops[1]",
  ]);
  for (const scheme of [
    { kind: "basic", username: "a:b" },
    { kind: "header", header: "Host", prefix: "" },
    { kind: "header", header: "x y", prefix: "" },
    { kind: "header", header: "x", prefix: "a\r\n" },
    { kind: "query", parameter: "a=b" },
    { kind: "query", parameter: "" },
  ] as const) {
    assert.deepEqual(ofCredentials([binding({ scheme })]), ["credentials[0].scheme"], JSON.stringify(scheme));
  }
});

test("one host has one credential", () => {
  const second = binding({ name: "two", hosts: ["*.test"], placeholder: "another-placeholder" });
  assert.deepEqual(ofCredentials([binding(), second]), ["credentials[1].hosts[0]"]);
  assert.deepEqual(ofCredentials([binding(), { ...second, name: "main", hosts: ["a.test:444"] }]), [
    "credentials[1].name",
  ]);
});

test("row 100: no message repeats a placeholder", () => {
  const placeholder = "sk-unique-placeholder";
  const problems = policyProblems(
    policy([], [binding({ placeholder, hosts: [] }), binding({ placeholder, name: "" })]),
  );
  assert.ok(problems.length > 2);
  assert.ok(!JSON.stringify(problems).includes(placeholder));
});
