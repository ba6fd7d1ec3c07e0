import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReasonCode } from "../../../src/core/model/decision.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import { refusal } from "../../../src/core/policy/refusal.ts";
import { REFUSAL_TEXTS } from "../../../src/core/policy/refusal-texts.ts";
import { judgeAccess, readWantedAccess, type WantedAccess } from "../../../src/core/supervise/access-ask.ts";
import { isOwnOrigin } from "../../../src/core/supervise/mcp-origin.ts";
import { TOOLS } from "../../../src/core/supervise/tools.ts";
import { createRate } from "../../../src/supervise/rate.ts";
import { policyOf } from "../../support/gateway/fixture.ts";
import fc from "../../support/properties.ts";

const NOTHING = { url: null, host: null, port: null, scheme: null, path: null, method: null };
const wanted = (words: Partial<Parameters<typeof readWantedAccess>[0]>): WantedAccess => {
  const reading = readWantedAccess({ ...NOTHING, ...words });
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.value;
};
const granting = (policy: Policy, { facts, authority }: WantedAccess): Policy => {
  const { method, scheme, path } = facts;
  const grant = { id: "g-1", scope: "for", request: "1", createdAt: 0, expiresAt: 100 } as const;
  return { ...policy, version: 2, grants: [{ ...grant, method, scheme, authority, path }] };
};

test("access by parts is the same as by URL", () => {
  const parts = wanted({ host: "a.example.test", port: 8443, path: "/x", method: "post" });
  assert.deepEqual(parts, wanted({ url: "https://a.example.test:8443/x", method: "POST" }));
  assert.equal(wanted({ host: "A.example.test" }).authority, "a.example.test:443");
  assert.equal(wanted({ host: "a.example.test", scheme: "http" }).authority, "a.example.test:80");
});

test("row 144: a yes to what is askable allows exactly it, until it ends, and everything that is refused stays so after a yes", () => {
  const policy = policyOf([{ paths: ["/listed"], methods: ["GET"] }]);
  const urls = fc.constantFrom(
    ...[
      "https://api.example.test/x",
      "https://api.example.test/listed",
      "http://api.example.test/x",
      "https://b.test/",
    ],
    ...[
      "https://b.test:853/",
      "https://192.0.2.1/",
      "https://x.internal/",
      "https://b.test/a//b",
      "https://b.test/%2e%2e",
    ],
    ...["https://b.test/?_method=PUT", "https://api.example.test:444/x"],
  );
  fc.assert(
    fc.property(urls, fc.constantFrom("GET", "POST", "DELETE"), (url, method) => {
      const access = wanted({ url, method });
      const before = judgeAccess(policy, access, 0);
      const after = granting(policy, access);
      const granted = judgeAccess(after, access, 99);
      if (before.kind === "refused") assert.equal(granted.kind, "refused");
      else assert.equal(granted.kind, "allowed");
      if (before.kind !== "askable") return;
      assert.deepEqual(granted, { kind: "allowed", until: 100 });
      assert.equal(judgeAccess(after, access, 100).kind, "askable", "its end has come");
      const other = wanted({ url, method: method === "GET" ? "PUT" : "GET" });
      assert.notDeepEqual(judgeAccess(after, other, 99), granted, "another method is not covered");
    }),
  );
});

test("a host that is not looked into is allowed as a whole; a rule that asks is asked about, with its credential", () => {
  const spliced = policyOf([{ host: "s.example.test", mode: "splice" }]);
  assert.equal(judgeAccess(spliced, wanted({ url: "https://s.example.test/any" }), 0).kind, "allowed");
  const asking = policyOf([{ paths: ["/pay"], ask: true }]);
  const judged = judgeAccess(asking, wanted({ url: "https://api.example.test/pay" }), 0);
  assert.deepEqual(judged.kind === "askable" && [judged.reason, judged.rule], ["ask-required", "test:0"]);
});

test("row 136: with supervise every refusal says how to ask, and the same whatever the policy is", () => {
  for (const reason of Object.keys(REFUSAL_TEXTS) as ReasonCode[]) {
    const body = (supervised: boolean) => refusal(reason, "0-1", "a.test", { supervised }).body.toString();
    assert.match(body(true), /request 0-1/);
    assert.doesNotMatch(body(false), /MCP|request_access/);
    const pointless = ["ask-denied", "ask-limit", "closing"].includes(reason);
    assert.equal(/request_(access|capability) of the MCP server bot-bottle/.test(body(true)), !pointless, reason);
  }
  assert.match(refusal("host-not-listed", "0-1", "a.test", { supervised: true }).body.toString(), /request_access/);
});

test("a request is of this bottle by its Host, and by its Origin where it has one", () => {
  for (const host of ["127.0.0.1:9099", "localhost", "egress:9099", "supervise:80"]) assert.ok(isOwnOrigin(host, null));
  for (const host of [
    undefined,
    "",
    "evil.test",
    "127.0.0.1.evil.test",
    "127.0.0.1:99999",
    "localhost:x",
    "egress@evil",
  ]) {
    assert.ok(!isOwnOrigin(host, null), host);
  }
  for (const origin of ["null", "https://localhost", "http://evil.test", "http://localhost.evil.test", "localhost"]) {
    assert.ok(!isOwnOrigin("localhost", origin), origin);
  }
});

test("a rate gives so many in any minute, and says when there is one more", () => {
  let now = 0;
  const rate = createRate(3, () => now);
  assert.deepEqual([rate.take(), rate.take()], [0, 0]);
  now = 30_000;
  assert.deepEqual([rate.take(), rate.take()], [0, 30_000]);
  now = 60_000;
  assert.deepEqual([rate.take(), rate.take(), rate.take()], [0, 0, 30_000]);
});

test("each tool says in words what each of its arguments is, and takes no others", () => {
  for (const { name, inputSchema } of TOOLS) {
    for (const key of inputSchema.required ?? [])
      assert.ok(Object.hasOwn(inputSchema.properties, key), `${name}.${key}`);
    for (const [key, property] of Object.entries(inputSchema.properties)) {
      assert.ok(
        "description" in property && "maxLength" in property !== ("enum" in property || "minimum" in property),
        `${name}.${key}`,
      );
    }
  }
});
