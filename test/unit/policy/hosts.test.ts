import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalHostPattern,
  hostMatches,
  hostPatternProblem,
  hostPatternsOverlap,
  splitHostPort,
} from "../../../src/core/policy/hosts.ts";
import { authority } from "../../support/core/policies.ts";
import fc from "../../support/properties.ts";

const matches: readonly (readonly [row: string, pattern: string, host: string, fits: boolean])[] = [
  ["an exact name", "example.com", "example.com", true],
  ["row 8: the trailing dot is no other host", "example.com", "example.com.", true],
  ["row 15: case is no other host", "example.com", "EXAMPLE.com", true],
  ["row 12: characters before the name", "example.com", "evil-example.com", false],
  ["row 12: characters before a wildcard's name", "*.example.com", "evilexample.com", false],
  ["row 12: a hyphen is not a dot", "*.example.com", "evil-example.com", false],
  ["row 13: labels after the name", "example.com", "example.com.evil.test", false],
  ["row 13: labels after a wildcard's name", "*.example.com", "a.example.com.evil.test", false],
  ["row 13: a wildcard is one label", "*.example.com", "a.example.com", true],
  ["row 13: or more", "*.example.com", "a.b.example.com", true],
  ["row 13: the dot is a dot", "example.com", "exampleXcom", false],
  ["row 14: never the apex", "*.example.com", "example.com", false],
  ["a subdomain needs its own rule", "example.com", "www.example.com", false],
  ["row 25: an IP literal by itself", "127.0.0.1", "127.0.0.1", true],
  ["row 25: another one", "127.0.0.1", "127.0.0.2", false],
  ["row 25: IPv6", "::1", "[0:0::1]", true],
  ["row 27: mapped is not the listed IPv4", "127.0.0.1", "[::ffff:127.0.0.1]", false],
];
for (const [title, pattern, host, fits] of matches) {
  test(`host: ${title}`, () => assert.equal(hostMatches(pattern, authority(host)), fits));
}

test("row 12: a random prefix never makes another host fit", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,20}$/), (prefix) => {
      const host = { host: `${prefix}example.com`, kind: "name" as const, port: 443 };
      return !hostMatches("example.com", host) && !hostMatches("*.example.com", host);
    }),
  );
});

test("row 13: a random suffix never makes another host fit", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9.-]{1,20}$/), (suffix) => {
      const host = { host: `a.example.com${suffix}`, kind: "name" as const, port: 443 };
      return (
        !hostMatches("a.example.com", host) && (suffix.endsWith(".example.com") || !hostMatches("*.example.com", host))
      );
    }),
  );
});

test("row 13: malformed patterns are named", () => {
  for (const pattern of [
    "",
    "*",
    "*.",
    "a.*",
    "*a.test",
    "a.*.test",
    "*.*.test",
    "**.test",
    "a.test:443",
    "http://a.test",
    "*.1.2.3.4",
    "a b",
    "é.test",
    "[::1]x",
    "127.1",
    "a..b",
    "%61.test",
  ]) {
    assert.notEqual(hostPatternProblem(pattern), null, pattern);
  }
  for (const pattern of ["a.test", "*.a.test", "*.test", "localhost", "10.0.0.1", "::1", "xn--bcher-kva.example"]) {
    assert.equal(hostPatternProblem(pattern), null, pattern);
  }
});

test("other spellings are named with the right one", () => {
  assert.equal(hostPatternProblem("A.Test."), "write it as a.test");
  assert.equal(hostPatternProblem("[::1]"), "write it as ::1");
  assert.equal(canonicalHostPattern("*.A.test"), "*.a.test");
  assert.equal(canonicalHostPattern("0::1"), "::1");
});

test("patterns overlap exactly when a host could fit both", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["a.test", "a.test", true],
    ["a.test", "b.test", false],
    ["*.a.test", "b.a.test", true],
    ["*.a.test", "a.test", false],
    ["*.a.test", "*.b.a.test", true],
    ["*.a.test", "*.a.test", true],
    ["*.a.test", "*.ba.test", false],
    ["*.a.test", "ba.test", false],
    ["*.b.a.test", "a.test", false],
    ["10.0.0.1", "10.0.0.1", true],
  ];
  for (const [a, b, overlap] of cases) {
    assert.equal(hostPatternsOverlap(a, b), overlap, `${a} ${b}`);
    assert.equal(hostPatternsOverlap(b, a), overlap, `${b} ${a}`);
  }
});

test("a credential's host may carry a port", () => {
  assert.deepEqual(splitHostPort("a.test"), { host: "a.test", port: 443 });
  assert.deepEqual(splitHostPort("*.a.test:8443"), { host: "*.a.test", port: 8443 });
  assert.deepEqual(splitHostPort("[::1]:99"), { host: "::1", port: 99 });
  assert.deepEqual(splitHostPort("::1"), { host: "::1", port: 443 });
  for (const text of ["a.test:", "a.test:0", "a.test:70000", "a.test:443:1", "[::1]:", "[a.test]x", "A.test"])
    assert.equal(splitHostPort(text), null, text);
});
