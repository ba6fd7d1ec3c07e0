import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Policy } from "../../../src/core/model/policy.ts";
import { PACK_NAMES, packRules } from "../../../src/core/policy/packs.ts";
import { parsePolicy } from "../../../src/core/policy/policy-format.ts";
import { readPolicy, writePolicy } from "../../../src/state/policy-file.ts";
import { binding, deny, grant, policy, rule } from "../../support/core/policies.ts";

const body = { shape: "anthropic-messages", allowProviderTools: ["web_search"] } as const;
const whole: Policy = {
  ...policy(
    [
      rule({ body, paths: ["/v1"] }),
      rule({ id: "cookies", host: "f.test", cookies: "pass" }),
      rule({ id: "asking", host: "f.test", ask: true }),
      rule({ id: "dialled", host: "b.test", dial: { kind: "tcp", address: "127.0.0.1", port: 9, caPem: "pem" } }),
      rule({ id: "socket", host: "c.test", dial: { kind: "unix", path: "/run/x.sock", caPem: null } }),
      rule({ id: "spliced", host: "d.test", mode: "splice" }),
      rule({ id: "searched", host: "f.test", leaks: { action: "redact", opaque: null } }),
      ...PACK_NAMES.flatMap(packRules),
    ],
    [
      binding(),
      binding({
        name: "basic",
        hosts: ["b.test"],
        placeholder: "basic-0123456789abcdef",
        scheme: { kind: "basic", username: "u" },
      }),
      binding({
        name: "query",
        hosts: ["c.test"],
        placeholder: "query-0123456789abcdef",
        scheme: { kind: "query", parameter: "k" },
      }),
    ],
    [deny({ host: "e.test", port: 443, methods: ["GET"], paths: ["/x"] })],
  ),
  ask: { unlisted: true, timeoutMs: 5000 },
  grants: [grant(), grant({ id: "g-2", scope: "for", path: "/y", expiresAt: 9 })],
};

test("what is written is read back as it was", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "policy-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "policy.json");
  assert.equal(await readPolicy(path), null);
  await writePolicy(path, whole);
  assert.deepEqual(await readPolicy(path), whole);
  symlinkSync(path, join(folder, "link.json"));
  await assert.rejects(readPolicy(join(folder, "link.json")), { code: "STATE_UNUSABLE" });
  writeFileSync(path, "{");
  await assert.rejects(readPolicy(path), { code: "STATE_UNUSABLE" });
});

test("what a policy says of leaks is read back, and a policy of an older version says nothing", () => {
  const leaks = { action: "warn", opaque: "deny", allow: ["0123456789abcdef"], ignore: ["jwt"] } as const;
  const said: Policy = { ...whole, leaks, canaries: [{ name: "aws", values: ["AKIA234567ABCDEF2345"] }] };
  assert.deepEqual(parsePolicy(JSON.stringify(said)), { ok: true, policy: said });
  const strict: Policy = { ...said, leaks: { ...leaks, level: "strict" } };
  assert.deepEqual(parsePolicy(JSON.stringify(strict)), { ok: true, policy: strict });
  assert.equal(Object.hasOwn(policy([rule()]), "leaks"), false);
  for (const change of [
    { leaks: { ...leaks, action: "forgive" } },
    { leaks: { ...leaks, opaque: null } },
    { leaks: { ...leaks, level: "loose" } },
    { leaks: { ...leaks, allow: ["0123"] } },
    { leaks: { ...leaks, allow: "0123456789abcdef" } },
    { leaks: { ...leaks, more: true } },
    { leaks: null },
    { canaries: [{ name: "aws", values: [] }] },
    { canaries: [{ name: "aws", values: ["short"] }] },
    { rules: [{ ...rule(), leaks: { action: "forgive", opaque: null } }] },
    { rules: [{ ...rule(), leaks: { action: null } }] },
    { rules: [{ ...rule({ mode: "splice" }), leaks: { action: "block", opaque: null } }] },
  ]) {
    assert.equal(parsePolicy(JSON.stringify({ ...said, ...change })).ok, false, JSON.stringify(change));
  }
});

test("a policy of an older version denies nothing beyond its rules", () => {
  const { deny: _gone, ...old } = policy([rule()]);
  assert.deepEqual(parsePolicy(JSON.stringify(old)), { ok: true, policy: policy([rule()]) });
});

test("what this version does not know, or knows otherwise, is no policy", () => {
  const changes: readonly object[] = [
    { later: [] },
    { deny: null },
    { deny: [{ ...deny(), until: 5 }] },
    { deny: [{ ...deny(), paths: "/x" }] },
    { deny: [deny({ host: "A.test" })] },
    { rules: [{ ...rule(), only: "mondays" }] },
    { rules: [{ ...rule(), mode: "tcp" }] },
    { rules: [{ ...rule(), terms: { queries: null, except: [], encoded: true, more: 1 } }] },
    { rules: [{ ...rule(), terms: null }] },
    { rules: [rule(), rule()] },
    { rules: [{ ...rule(), dial: { kind: "tcp", address: "127.0.0.1", port: 1 } }] },
    { credentials: [{ ...binding(), scheme: { kind: "sigv4" } }] },
    { ask: { unlisted: true } },
    { ask: { unlisted: true, timeoutMs: 0 } },
    { ask: null },
    { grants: [{ ...grant(), until: 1 }] },
    { grants: [grant(), grant()] },
    { grants: [grant({ method: "get" })] },
    { grants: [grant({ authority: "127.0.0.1:80" })] },
    { grants: [grant({ path: "/a/../b" })] },
    { grants: [{ ...grant(), expiresAt: "1" }] },
    { rules: [{ ...rule(), ask: false }] },
    { rules: [rule({ mode: "splice", ask: true })] },
    { version: 0 },
    { version: "1" },
    { rules: {} },
  ];
  for (const change of changes) {
    assert.equal(parsePolicy(JSON.stringify({ ...policy([rule()]), ...change })).ok, false, JSON.stringify(change));
  }
  for (const text of ["", "[]", "null", '"x"', "{}", '{"__proto__":{"rules":[]}}', `${JSON.stringify(whole)}x`]) {
    assert.equal(parsePolicy(text).ok, false, text);
  }
});

test("no part of a policy may be missing", () => {
  for (const key of ["version", "rules", "credentials"]) {
    const { [key]: _gone, ...rest } = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>;
    assert.equal(parsePolicy(JSON.stringify(rest)).ok, false, key);
  }
  for (const key of Object.keys(rule())) {
    const { [key]: _gone, ...rest } = rule() as unknown as Record<string, unknown>;
    assert.equal(parsePolicy(JSON.stringify({ ...policy([]), rules: [rest] })).ok, false, key);
  }
});
