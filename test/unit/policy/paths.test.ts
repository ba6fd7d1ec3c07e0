import assert from "node:assert/strict";
import { test } from "node:test";
import { pathReaches } from "../../../src/core/policy/path-readings.ts";
import { pathMatches, pathPatternProblem } from "../../../src/core/policy/paths.ts";

const table: readonly (readonly [pattern: string, path: string, fits: boolean])[] = [
  ["/v1/messages", "/v1/messages", true],
  ["/v1/messages", "/v1/messages/", false],
  ["/v1/messages", "/v1/messagesX", false],
  ["/v1/messages", "/x/v1/messages", false],
  ["/v1/messages", "/V1/messages", false],
  ["/v1/*", "/v1/a", true],
  ["/v1/*", "/v1/a/b/c", true],
  ["/v1/*", "/v1/", true],
  ["/v1/*", "/v1", false],
  ["/v1/*", "/v10/a", false],
  ["/*", "/", true],
  ["/*", "/a/b", true],
  ["/repos/*/*/issues", "/repos/o/r/issues", true],
  ["/repos/*/*/issues", "/repos/o/issues", false],
  ["/repos/*/*/issues", "/repos/o/r/x/issues", false],
  ["/repos/*/issues", "/repos//issues", false],
  ["/repos/*/issues/*", "/repos/a/issues/1/comments", true],
  ["/", "/", true],
  ["/", "/a", false],
];
for (const [pattern, path, fits] of table) {
  test(`row 63, 64: ${pattern} ${fits ? "fits" : "does not fit"} ${path}`, () => {
    assert.equal(pathMatches(pattern, path), fits);
  });
}

test("row 63: near misses of a path are seen", () => {
  for (const path of ["/V1/Messages", "/v1/messages/", "/v1/messages//"]) {
    assert.equal(pathReaches("/v1/messages", path), true, path);
  }
  assert.equal(pathReaches("/v1/messages", "/v1/models"), false);
  assert.equal(pathReaches("/", "/"), true);
});

test("patterns that no plain path fits are named", () => {
  for (const pattern of [
    "",
    "v1",
    "/a*",
    "/*a",
    "/a/**",
    "/a//b",
    "/a/../b",
    "/a?b",
    "/a#b",
    "/a%2fb",
    "/a b",
    "/é",
    "*",
    "/a;b",
  ]) {
    assert.notEqual(pathPatternProblem(pattern), null, pattern);
  }
  for (const pattern of ["/", "/*", "/a", "/a/*/b/*"]) assert.equal(pathPatternProblem(pattern), null, pattern);
});
