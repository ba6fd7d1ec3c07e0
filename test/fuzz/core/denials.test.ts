import assert from "node:assert/strict";
import { test } from "node:test";
import type { DenyRule, EgressRule } from "../../../src/core/model/policy.ts";
import { decideRequest, decideTunnel, type RequestFacts } from "../../../src/core/policy/decide.ts";
import { pathReaches, pathReadings } from "../../../src/core/policy/path-readings.ts";
import { pathMatches } from "../../../src/core/policy/paths.ts";
import { authority, deny, guardOf, policy, rule } from "../../support/core/policies.ts";
import fc from "../../support/properties.ts";

const host = fc.constantFrom("a.test", "x.a.test", "b.test");
const pattern = fc.constantFrom("a.test", "*.a.test", "b.test", "*.test");
const port = fc.constantFrom(443, 8443);
const methods = fc.option(fc.subarray(["GET", "HEAD", "POST", "DELETE"], { minLength: 1 }));
const piece = fc.constantFrom(
  "/",
  "/",
  "a",
  "B",
  "%61",
  "%2f",
  "%2F",
  "%7e",
  "@",
  "%40",
  "%c3%a4",
  "%C3%84",
  ".",
  "%2e",
  "x",
);
const path = fc.array(piece, { maxLength: 8 }).map((parts) => `/${parts.join("")}`);
const paths = fc.option(fc.subarray(["/", "/a", "/a/*", "/*", "/@/x", "/*/b", "/%C3%A4/*"], { minLength: 1 }));

const rules: fc.Arbitrary<EgressRule[]> = fc
  .array(
    fc.record({ host: pattern, port, methods, paths, mode: fc.constantFrom("inspect" as const, "splice" as const) }),
    {
      maxLength: 4,
    },
  )
  .map((all) =>
    all.map((it, index) =>
      rule({ ...it, ...(it.mode === "splice" ? { methods: null, paths: null } : {}), id: `r${index}` }),
    ),
  );
const denials: fc.Arbitrary<DenyRule[]> = fc
  .array(fc.record({ host: pattern, port: fc.option(port), methods, paths }), { maxLength: 3 })
  .map((all) => all.map((it, index) => deny({ ...it, id: `d${index}` })));
const asked: fc.Arbitrary<RequestFacts> = fc
  .record({ host, port, method: fc.constantFrom("GET", "HEAD", "POST", "DELETE"), path })
  .map((it) => ({
    scheme: "https",
    authority: authority(it.host, it.port),
    method: it.method,
    path: it.path,
    query: null,
    headers: [],
    upgrade: null,
    bodyLength: 0,
  }));

test("a rule that denies never allows anything, and changes nothing that it does not deny", () => {
  fc.assert(
    fc.property(rules, denials, deny_(), asked, (open, before, more, request) => {
      const less = policy(open, [], before);
      const then = policy(open, [], [...before, more]);
      const old = decideRequest(less, guardOf(less), request);
      const now = decideRequest(then, guardOf(then), request);
      if (old.verdict === "deny") assert.equal(now.verdict, "deny");
      if (now.verdict === "allow") assert.deepEqual([now.rule, now.credentials], [old.rule, old.credentials]);
      if (old.verdict === "allow" && now.verdict === "deny") assert.equal(now.rule, "late");
      const oldTunnel = decideTunnel(less, guardOf(less), request.authority);
      const nowTunnel = decideTunnel(then, guardOf(then), request.authority);
      if (oldTunnel.verdict === "deny") assert.equal(nowTunnel.verdict, "deny");
      if (nowTunnel.verdict === "allow") assert.equal(nowTunnel.mode, oldTunnel.mode);
      // What a closed tunnel keeps out needs no request to be judged.
      if (nowTunnel.verdict === "deny" && oldTunnel.mode === "inspect") assert.equal(now.verdict, "deny");
    }),
    { numRuns: 20_000 },
  );
});

function deny_(): fc.Arbitrary<DenyRule> {
  return fc.record({ host: pattern, port: fc.option(port), methods, paths }).map((it) => deny({ ...it, id: "late" }));
}

test("rows 63, 64: what one rule would allow at a path, the same words as a denial deny, in every reading", () => {
  fc.assert(
    fc.property(paths, path, methods, fc.constantFrom("GET", "POST"), (at, asks, only, method) => {
      const request = { ...sample, path: asks, method };
      const narrow = policy([rule({ paths: at, methods: only })]);
      const closed = policy([rule()], [], [deny({ paths: at, methods: only })]);
      if (decideRequest(narrow, guardOf(narrow), request).verdict === "allow") {
        assert.equal(decideRequest(closed, guardOf(closed), request).verdict, "deny");
      }
      for (const reading of pathReadings(asks) ?? []) {
        for (const one of at ?? []) if (pathMatches(one, reading)) assert.ok(pathReaches(one, reading));
      }
    }),
    { numRuns: 20_000 },
  );
});

const sample: RequestFacts = {
  scheme: "https",
  authority: authority("a.test"),
  method: "GET",
  path: "/",
  query: null,
  headers: [],
  upgrade: null,
  bodyLength: 0,
};

test("row 63: every reading of a path is one that a URL parser leaves alone", () => {
  fc.assert(
    fc.property(path, (text) => {
      const readings = pathReadings(text);
      if (readings === null) return;
      assert.equal(readings[0], text);
      const last = readings.at(-1) ?? "";
      assert.equal(new URL(`http://a.test${last}`).pathname, last);
      assert.equal(decodeURIComponent(last), decodeURIComponent(text));
    }),
    { numRuns: 20_000 },
  );
});
