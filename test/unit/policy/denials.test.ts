import assert from "node:assert/strict";
import { test } from "node:test";
import { decideTunnel } from "../../../src/core/policy/decide.ts";
import { pathReaches, pathReadings } from "../../../src/core/policy/path-readings.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import {
  authority,
  binding,
  deny,
  guardOf,
  PLACEHOLDER,
  policy,
  request,
  rule,
  tunnel,
} from "../../support/core/policies.ts";

test("a rule that denies goes before every rule, whatever its source", () => {
  for (const source of ["agent", "operator", "cli", "pack", "demo"] as const) {
    const from = policy([rule({ source, id: source })], [], [deny()]);
    assert.deepEqual([request(from).reason, request(from).rule], ["denied-by-rule", "deny:0"]);
    assert.deepEqual([tunnel(from, "a.test:443").reason, tunnel(from, "a.test:443").mode], ["denied-by-rule", null]);
  }
  assert.equal(request(policy([], [], [deny()])).reason, "denied-by-rule");
  assert.equal(request(policy([rule()], [], [deny({ host: "b.test" })])).verdict, "allow");
});

test("hosts and ports of a rule that denies are those of a rule: wildcard, apex, any port", () => {
  const open = [rule(), rule({ host: "*.a.test" }), rule({ port: 8443 })];
  const below = policy(open, [], [deny({ host: "*.a.test" })]);
  assert.equal(tunnel(below, "x.a.test:443").reason, "denied-by-rule");
  assert.equal(tunnel(below, "a.test:443").verdict, "allow");
  const port = policy(open, [], [deny({ port: 8443 })]);
  assert.equal(tunnel(port, "a.test:8443").reason, "denied-by-rule");
  assert.equal(tunnel(port, "a.test:443").verdict, "allow");
  assert.equal(tunnel(policy(open, [], [deny()]), "A.TEST.:8443").reason, "denied-by-rule");
});

test("a tunnel that is looked into opens for what is not denied; one that is spliced does not", () => {
  for (const partial of [deny({ methods: ["POST"] }), deny({ paths: ["/x"] })]) {
    assert.equal(tunnel(policy([rule()], [], [partial]), "a.test:443").mode, "inspect");
    assert.equal(tunnel(policy([rule({ mode: "splice" })], [], [partial]), "a.test:443").reason, "denied-by-rule");
    const both = policy([rule({ mode: "splice" }), rule({ id: "i" })], [], [partial]);
    assert.equal(tunnel(both, "a.test:443").mode, "inspect");
  }
});

test("row 62: a denied method is denied by any name: HEAD for GET, an override in the query or in a form", () => {
  const noDelete = policy([rule()], [], [deny({ methods: ["DELETE"] })]);
  assert.equal(request(noDelete, { method: "DELETE" }).reason, "denied-by-rule");
  assert.equal(request(noDelete, { method: "POST", query: "_method=delete" }).reason, "denied-by-rule");
  const post = request(noDelete, { method: "POST" });
  assert.equal(post.verdict, "allow");
  assert.ok(post.bodyMethods?.includes("POST") && !post.bodyMethods.includes("DELETE"));
  assert.equal(request(policy([rule()]), { method: "POST" }).bodyMethods, null);
  const elsewhere = policy([rule()], [], [deny({ methods: ["DELETE"], paths: ["/y"] })]);
  assert.equal(request(elsewhere, { method: "POST" }).bodyMethods, null);
  const noGet = policy([rule()], [], [deny({ methods: ["GET"] })]);
  assert.equal(request(noGet, { method: "HEAD" }).reason, "denied-by-rule");
  assert.equal(request(noGet, { method: "POST" }).verdict, "allow");
});

test("rows 63, 64: a denied path is not dodged by case, encoding or slashes", () => {
  const from = policy([rule()], [], [deny({ paths: ["/admin/*", "/@evil/*", "/x/*/y", "/Stra%C3%9Fe"] })]);
  const at = (path: string, query: string | null = null) => request(from, { path, query }).reason;
  const denied = [
    "/admin/a",
    "/admin/",
    "/admin",
    "/ADMIN/a",
    "/Admin",
    "/@evil/pkg",
    "/%40evil/pkg",
    "/@evil%2fpkg",
    "/%40EVIL%2Fpkg",
    "/%61dmin/a",
    "/admin%2fa",
    "/x/anything/y",
    "/x/a%20b/Y/",
    "/stra%c3%9fe",
    "/STRA%C3%9FE",
    "/%EF%BC%A1dmin/a",
  ];
  for (const path of denied) assert.equal(at(path), "denied-by-rule", path);
  const unclear = [
    "//admin/a",
    "/b/../admin/a",
    "/b/%2e%2e/admin",
    "/admin;x/a",
    "/a\\admin",
    "/%2561dmin",
    "/b//c",
    "/%ff",
  ];
  for (const path of unclear) assert.equal(at(path), "path-ambiguous", path);
  for (const path of ["/", "/adminx", "/b/admin", "/x/y", "/x/a/b/y", "/ok%2fok"])
    assert.equal(at(path), "allowed", path);
  assert.equal(at("/b", "/admin/a"), "allowed");
  // Where nothing is said about paths, or about this method, an odd path is as welcome as before.
  assert.equal(request(policy([rule()], [], [deny({ methods: ["POST"] })]), { path: "/a//b" }).verdict, "allow");
  const posts = policy([rule()], [], [deny({ methods: ["POST"], paths: ["/admin"] })]);
  assert.equal(request(posts, { path: "/a//b" }).verdict, "allow");
});

test("a credential where it does not belong is told before a rule that denies", () => {
  const from = policy([rule({ host: "b.test" })], [binding()], [deny({ host: "b.test" })]);
  const decision = request(from, { authority: authority("b.test"), headers: [["x", PLACEHOLDER]] });
  assert.deepEqual([decision.reason, decision.alert], ["credential-wrong-host", true]);
});

test("a policy without a list of what is denied denies all", () => {
  const { deny: _gone, ...rest } = policy([rule()]);
  const from = rest as ReturnType<typeof policy>;
  assert.equal(request(from).reason, "internal-error");
  assert.equal(decideTunnel(from, guardOf(from), authority("a.test")).reason, "internal-error");
});

test("readings of a path: what needs no encoding and slashes, nothing else", () => {
  assert.deepEqual(pathReadings("/a/b"), ["/a/b"]);
  assert.deepEqual(pathReadings("/@a%2fb"), ["/@a%2fb", "/@a/b"]);
  assert.deepEqual(pathReadings("/a%7e%2Fb"), ["/a%7e%2Fb", "/a~%2Fb", "/a%7e/b", "/a~/b"]);
  for (const path of [
    "/%2e%2e%2f",
    "/a%2f%2fb",
    "/%252f",
    "/%%32%30",
    "/%%32%66",
    "/a%2f",
    "/%5c",
    "/a//b",
    "/%zz",
    "/%c0%af",
  ]) {
    const readings = pathReadings(path);
    assert.equal(readings === null, path !== "/a%2f", path);
  }
});

test("what a pattern reaches is at least what it fits", () => {
  assert.ok(pathReaches("/*", "/"));
  assert.ok(pathReaches("/", "/"));
  assert.ok(!pathReaches("/", "/a"));
  assert.ok(!pathReaches("/a/*", "/ab"));
  assert.ok(!pathReaches("/a", "/a/b"));
});

test("what is wrong with a rule that denies is told by its place", () => {
  const wrong = deny({ id: "r", host: "A.test", port: 0, methods: ["FETCH"], paths: ["/a*", "/a/../b"] });
  const empty = deny({ id: "deny:1", methods: [], paths: [] });
  const problems = policyProblems(policy([rule({ id: "r" })], [], [wrong, empty, deny({ id: "deny:1" })]));
  assert.deepEqual(
    problems.map(({ path }) => path),
    [
      "deny[0].id",
      "deny[0].host",
      "deny[0].port",
      "deny[0].methods[0]",
      "deny[0].paths[0]",
      "deny[0].paths[1]",
      "deny[1].methods",
      "deny[1].paths",
      "deny[2].id",
    ],
  );
});
