import assert from "node:assert/strict";
import { test } from "node:test";
import { flagsOf, lastLabel, unaccepted } from "../../../src/core/inbox/flags.ts";
import { lookAlike, unicodeHost } from "../../../src/core/inbox/look-alike.ts";
import { type Reach, reachProblem } from "../../../src/core/inbox/reach.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import { grantFor } from "../../../src/core/policy/grants.ts";
import { policy as policyOf, rule } from "../../support/core/policies.ts";
import fc from "../../support/properties.ts";

const reach: Reach = {
  method: "GET",
  scheme: "https",
  authority: "api.example.com:443",
  path: "/v1/x",
  pattern: false,
};
const none = { firstUse: [], findings: 0, push: false };
const policy = policyOf([rule({ host: "api.example.com" }), rule({ id: "operator:1", host: "*.github.com" })]);
const codes = (
  one: Partial<Reach>,
  facts: Partial<typeof none> = {},
  known: Pick<Policy, "rules" | "grants"> = policy,
) => flagsOf({ ...reach, ...one }, known, { ...none, ...facts }).map(({ code }) => code);

test("row 132: each risk has its flag, and what is listed has none", () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ path: "/v1/*", pattern: true }), ["wildcard"]);
  assert.deepEqual(codes({ path: "/v1/*" }), [], "a star that was asked for is that very path");
  assert.deepEqual(codes({ authority: "files.other.org:443", method: "POST" }), ["new-host-write"]);
  assert.deepEqual(codes({ authority: "files.other.org:443" }), [], "reading a new host is what is asked");
  assert.deepEqual(codes({ method: "DELETE" }), [], "a listed host is no new one");
  assert.deepEqual(codes({ scheme: "http" }), ["plain-http"]);
  for (const host of [
    "metadata.google.internal",
    "169.254.169.254",
    "10.1.2.3",
    "[::1]",
    "printer.local",
    "localhost",
  ]) {
    assert.ok(codes({ authority: `${host}:80` }).includes("private-address"), host);
  }
  assert.deepEqual(flagsOf(reach, policy, { ...none, firstUse: ["github"] })[0]?.code, "first-use");
  assert.deepEqual(codes({}, { findings: 2 }), ["secret-found"]);
  assert.deepEqual(codes({ authority: "git.other.org:443", method: "PUSH" }, { push: true }), []);
  const granted = { rules: [], grants: [{ ...grantOf("/a"), authority: "files.other.org:443" }] };
  assert.deepEqual(codes({ authority: "files.other.org:443", method: "POST" }, {}, granted), []);
});

test("a yes must name each flag that stops, and plain http stops nothing", () => {
  const flags = flagsOf({ ...reach, scheme: "http", path: "/*", pattern: true }, policy, none);
  assert.deepEqual(
    unaccepted(flags, []).map(({ code }) => code),
    ["wildcard"],
  );
  assert.deepEqual(unaccepted(flags, ["wildcard"]), []);
  assert.equal(lastLabel("files.example.com:443"), "com");
  assert.equal(lastLabel("10.0.0.1:80"), "10.0.0.1");
});

test("row 132: names that could be taken for a listed one", () => {
  const known = ["github.com", "*.example.com", "registry.npmjs.org", "pypi.org"];
  for (const host of [
    "githab.com", // one other
    "gihub.com", // one less
    "githubb.com", // one more
    "gtihub.com", // changed places
    "g1thub.com", // looks the same
    "api.githob.com",
    "xn--gthub-2wb.com", // g, dotless i
    "github.com.evil.test",
    "registry-npmjs.org",
    "xn--80ak6aa92e.com", // all Cyrillic
    "pypl.org",
    "rnpypi.xn--p1ai",
  ]) {
    assert.notEqual(lookAlike(host, known), null, host);
  }
  for (const host of ["github.com", "a.example.com", "crates.io", "gitlab.com", "example.net", "deb.debian.org"]) {
    assert.equal(lookAlike(host, known), null, host);
  }
  assert.equal(lookAlike("api2.foo.com", ["api1.foo.com"]), null, "another machine of the same site");
  assert.equal(unicodeHost("xn--bcher-kva.example"), "bücher.example");
  assert.equal(unicodeHost("xn--99999999999.example"), "xn--99999999999.example");
});

test("a host of any letters never breaks the search, and one that is listed never looks like itself", () => {
  const host = fc.stringMatching(/^(?:xn--)?[a-z0-9-]{1,20}\.[a-z]{2,5}$/);
  fc.assert(
    fc.property(host, host, (a, b) => {
      assert.equal(lookAlike(a, [a, b]), null);
      lookAlike(a, [b]);
      assert.equal(typeof unicodeHost(a), "string");
    }),
  );
});

const grantOf = (path: string, pattern = false) => ({
  id: "g-1",
  scope: "bottle" as const,
  method: "GET",
  scheme: "https" as const,
  authority: "api.example.com:443",
  path,
  ...(pattern ? { pattern: true as const } : {}),
  request: "00000000-1",
  createdAt: 0,
  expiresAt: null,
});

test("rows 63, 64: a grant with a pattern reaches no path that a server may read as another one", () => {
  const asked = (path: string, grant: ReturnType<typeof grantOf>) => {
    const authority = { host: "api.example.com", kind: "name", port: 443 } as const;
    const request = { authority, method: "GET", path, query: null, scheme: "https", upgrade: null } as const;
    return grantFor({ ...policyOf([]), grants: [grant] }, request, 1) !== null;
  };
  const wide = grantOf("/files/*", true);
  for (const path of ["/files/a", "/files/a/b", "/files/"]) assert.ok(asked(path, wide), path);
  for (const path of [
    "/files",
    "/filesx/a",
    "/Files/a",
    "/files/../etc",
    "/files/%2e%2e/etc",
    "/files/..%2fetc",
    "/files/%2E%2E%2Fetc",
    "/files//etc",
    "/files/\\..\\etc",
    "/files/a;/../b",
    "/%66iles/a",
  ]) {
    assert.equal(asked(path, wide), false, path);
  }
  assert.ok(asked("/files/*", grantOf("/files/*")), "a star that was asked for stands for itself");
  assert.equal(asked("/files/a", grantOf("/files/*")), false);
});

test("a rule that no yes can give is named", () => {
  assert.equal(reachProblem(reach), null);
  for (const [wrong, why] of [
    [{ method: "PUSH" }, /method/],
    [{ method: "get" }, /method/],
    [{ authority: "*.example.com:443" }, /host/],
    [{ authority: "10.0.0.1:443" }, /address/],
    [{ authority: "a.example.com" }, /port/],
    [{ path: "x" }, /slash/],
    [{ path: "/a*", pattern: true }, /whole segment/],
    [{ path: "/../*", pattern: true }, /path/],
  ] as const) {
    assert.match(reachProblem({ ...reach, ...wrong }) ?? "", why, JSON.stringify(wrong));
  }
});
