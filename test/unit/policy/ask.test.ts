import assert from "node:assert/strict";
import { test } from "node:test";
import type { Grant } from "../../../src/core/model/grant.ts";
import type { EgressRule, Policy } from "../../../src/core/model/policy.ts";
import type { RequestFacts } from "../../../src/core/policy/decide.ts";
import {
  authority,
  binding,
  deny,
  grant,
  PLACEHOLDER,
  policy,
  request,
  rule,
  tunnel,
} from "../../support/core/policies.ts";
import fc from "../../support/properties.ts";

const BODY = { shape: "anthropic-messages", allowProviderTools: [] } as const;

/** A policy that asks about what no rule lists. */
function asking(rules: readonly EgressRule[] = [], grants: readonly Grant[] = [], more: Partial<Policy> = {}): Policy {
  return { ...policy(rules), ask: { unlisted: true, timeoutMs: 1 }, grants, ...more };
}

test("what fails for want of a rule is asked about, and only where the policy says so", () => {
  const cases: readonly (readonly [rules: readonly EgressRule[], over: Partial<RequestFacts>, reason: string])[] = [
    [[], {}, "host-not-listed"],
    [[], { scheme: "http" }, "host-not-listed"],
    [[rule({ port: 8443 })], {}, "port-not-listed"],
    [[rule({ paths: ["/y"] })], {}, "path-not-listed"],
    [[rule({ methods: ["POST"] })], {}, "method-not-listed"],
    [[rule({ terms: { queries: ["a"], except: [], encoded: false } })], {}, "query-not-listed"],
  ];
  for (const [rules, over, reason] of cases) {
    const { verdict, reason: why, matched } = request(asking(rules), over);
    assert.deepEqual([verdict, why, matched?.source], ["ask", reason, "grant"], reason);
    assert.equal(request(policy(rules), over).verdict, "deny");
    assert.equal(request({ ...policy(rules), ask: { unlisted: false, timeoutMs: 1 } }, over).verdict, "deny");
  }
});

test("row 132: what protects more than a missing rule does is never asked about", () => {
  const never: readonly (readonly [reason: string, from: Policy, over: Partial<RequestFacts>])[] = [
    ["denied-by-rule", asking([], [], { deny: [deny()] }), {}],
    ["path-ambiguous", asking([], [], { deny: [deny({ paths: ["/y"] })] }), { path: "/a/../y" }],
    ["method-refused", asking(), { method: "TRACE" }],
    ["tls-not-seen", asking([rule({ mode: "splice" })]), {}],
    ["scheme-not-listed", asking([rule({ port: 80 })]), { scheme: "http" }],
    ["body-too-large", asking([rule({ maxRequestBytes: 1 })]), { bodyLength: 2 }],
    [
      "credential-wrong-host",
      { ...asking(), credentials: [binding({ hosts: ["b.test"] })] },
      { path: `/${PLACEHOLDER}` },
    ],
    ["host-not-listed", asking(), { upgrade: "websocket" }],
    ["host-not-listed", asking(), { path: "/a/../b" }],
    ["host-not-listed", asking(), { path: "/a", query: "_method=DELETE" }],
    ["host-not-listed", asking(), { path: `/${"a".repeat(2048)}` }],
    ["method-not-listed", asking([rule({ methods: ["POST"], paths: ["/v1"], body: BODY })]), { path: "/v1" }],
    ["path-not-listed", asking([rule({ paths: ["/v1"], body: BODY })]), { path: "/V1/" }],
    ...[
      "127.0.0.1",
      "93.184.215.14",
      "[::1]",
      "localhost",
      "printer.local",
      "metadata.google.internal",
      "x.invalid",
    ].map((host) => ["host-not-listed", asking(), { authority: authority(host) }] as const),
  ];
  for (const [reason, from, over] of never) {
    const decision = request(from, over);
    assert.deepEqual(
      [decision.verdict, decision.reason, decision.matched],
      ["deny", reason, null],
      JSON.stringify(over),
    );
  }
});

test("a tunnel to what may be asked about is opened to be looked into; every other stays shut", () => {
  const { verdict, mode, rules } = tunnel(asking(), "a.test:443");
  assert.deepEqual([verdict, mode, rules], ["ask", "inspect", []]);
  assert.equal(tunnel(asking([rule({ mode: "splice" })]), "a.test:443").mode, "splice");
  for (const target of ["127.0.0.1:443", "[::1]:443", "a.test:853", "localhost:443", "169.254.169.254:80"]) {
    assert.equal(tunnel(asking(), target).verdict, "deny", target);
  }
  assert.equal(tunnel(asking([], [], { deny: [deny()] }), "a.test:443").reason, "denied-by-rule");
  assert.equal(tunnel(policy([]), "a.test:443").verdict, "deny");
  assert.equal(tunnel({ ...policy([]), grants: [grant()] }, "a.test:443").mode, "inspect");
});

test("rows 132, 148: a grant covers what was shown until its end, whoever asks for the time", () => {
  const until = { ...policy([]), grants: [grant({ scope: "for", expiresAt: 1000 })] };
  assert.deepEqual([request(until, {}, 999).verdict, request(until, {}, 999).rule], ["allow", "grant:g-1"]);
  assert.equal(request(until, {}, 1000).verdict, "deny");
  assert.equal(request(until).verdict, "deny", "without a clock it has ended");
  assert.equal(tunnel(until, "a.test:443", 999).verdict, "ask");
  assert.equal(tunnel(until, "a.test:443", 1000).verdict, "deny");
  assert.equal(request({ ...policy([]), grants: [grant()] }).verdict, "allow");
});

test("row 132: a grant goes before nothing that denies", () => {
  const granted = { grants: [grant()] };
  assert.equal(request({ ...policy([], [], [deny()]), ...granted }).reason, "denied-by-rule");
  assert.equal(
    request({ ...policy([rule({ paths: ["/x"], methods: ["POST"], body: BODY })]), ...granted }).verdict,
    "deny",
  );
  const placed = { ...policy([], [binding({ hosts: ["b.test"] })]), ...granted };
  assert.equal(request(placed, { query: PLACEHOLDER }).reason, "credential-wrong-host");
});

test("rows 132, 144: a grant covers no request that differs in method, scheme, host, port or path", () => {
  const from = { ...policy([]), grants: [grant()] };
  const near = fc.record({
    scheme: fc.constantFrom("https", "http"),
    authority: fc
      .constantFrom("a.test:443", "a.test:80", "b.test:443", "x.a.test:443", "a.test.b:443")
      .map((text) => authority(text)),
    method: fc.constantFrom("GET", "HEAD", "POST", "OPTIONS"),
    path: fc.constantFrom("/x", "/X", "/x/", "//x", "/%78", "/x/y", "/", "/x;a", "/./x"),
    query: fc.constantFrom(null, "", "a=b", "_method=POST"),
  } satisfies { [K in keyof RequestFacts]?: fc.Arbitrary<RequestFacts[K]> });
  fc.assert(
    fc.property(near, (over) => {
      const { scheme, method, path, query } = over;
      const same = scheme === "https" && over.authority.host === "a.test" && over.authority.port === 443;
      const covered = same && method === "GET" && path === "/x" && query !== "_method=POST";
      assert.equal(request(from, over, 0).verdict, covered ? "allow" : "deny");
    }),
    { numRuns: 2000 },
  );
});

test("a rule that asks holds what it fits whatever rule lists it, in every spelling that a server may take for it", () => {
  const pay = rule({ id: "pay", methods: ["POST"], paths: ["/pay"], ask: true });
  const from = policy([rule({ id: "all" }), pay]);
  const cases: readonly (readonly [over: Partial<RequestFacts>, verdict: string, reason: string])[] = [
    [{ method: "POST", path: "/pay" }, "ask", "ask-required"],
    [{ method: "POST", path: "/Pay/" }, "ask", "ask-required"],
    [{ method: "GET", path: "/pay", query: "_method=POST" }, "ask", "ask-required"],
    [{ method: "POST", path: "/p%61y" }, "deny", "path-ambiguous"],
    [{ method: "POST", path: "/pay", upgrade: "websocket" }, "deny", "upgrade-refused"],
    [{ method: "GET", path: "/pay" }, "allow", "allowed"],
    [{ method: "POST", path: "/other" }, "allow", "allowed"],
  ];
  for (const [over, verdict, reason] of cases) {
    const decision = request(from, over);
    assert.deepEqual([decision.verdict, decision.reason], [verdict, reason], JSON.stringify(over));
  }
  const post = { method: "POST", path: "/pay" };
  const granted = request({ ...from, grants: [grant(post)] }, post);
  assert.deepEqual([granted.verdict, granted.rule], ["allow", "grant:g-1"]);
  // A form must not name the method that is held back.
  const form = request(
    policy([rule({ id: "all" }), rule({ id: "del", methods: ["DELETE"], paths: ["/x"], ask: true })]),
    {
      method: "POST",
    },
  );
  assert.deepEqual([form.verdict, form.bodyMethods?.includes("DELETE")], ["allow", false]);
});

test("a yes keeps the terms of the rule that asks: its body, its size, its credential", () => {
  const from = policy([rule({ paths: ["/x"], body: BODY, maxRequestBytes: 5, ask: true })], [binding()]);
  const { verdict, matched, credentials } = request({ ...from, grants: [grant()] });
  assert.deepEqual([verdict, matched?.body, matched?.maxRequestBytes], ["allow", BODY, 5]);
  assert.deepEqual(
    credentials.map(({ name }) => name),
    ["main"],
  );
});
