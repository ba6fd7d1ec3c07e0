import assert from "node:assert/strict";
import { test } from "node:test";
import { fillPattern, fitsPattern, refPatternProblem } from "../../../src/core/gitgate/ref-pattern.ts";
import { refRefusals } from "../../../src/core/gitgate/ref-rules.ts";

const NONE = "0".repeat(40);
const A = "a".repeat(40);
const rules = { branches: ["bot/one/*"], tags: ["v*-bot"], limits: { packBytes: 1, refs: 2, seconds: 1 } };
const why = (ref: string, from = NONE, to = A) =>
  refRefusals([{ ref, from, to }], rules).map((it) => it.why)[0] ?? null;

test("a pattern names a branch, its stars stand for one or more characters, its name is filled in", () => {
  assert.equal(fillPattern("bot/{bottle}/*", "x-1"), "bot/x-1/*");
  assert.ok(fitsPattern("bot/one/*", "bot/one/a/b"));
  for (const name of ["bot/one/", "bot/one", "bot/oneX/a", "xbot/one/a", "bot/one.a"]) {
    assert.ok(!fitsPattern("bot/one/*", name), name);
  }
  assert.ok(!fitsPattern("a.c", "abc"));
  assert.ok(fitsPattern("v*-bot", "v1-bot") && !fitsPattern("v*-bot", "v1-bot-x"));
  assert.ok(fitsPattern("*", "a\nb"), "no character ends a name");
});

test("what can be no pattern is refused when the manifest is read", () => {
  for (const good of ["main", "bot/{bottle}/*", "*", "v1.*", "a+b@c"])
    assert.equal(refPatternProblem(good), null, good);
  for (const bad of [
    "",
    "refs/heads/x",
    "a..b",
    "/a",
    "a/",
    "a//b",
    ".a",
    "a/.b",
    "a.lock",
    "a.",
    "a b",
    "a~1",
    "{name}",
    "-x",
    "@{",
  ]) {
    assert.notEqual(refPatternProblem(bad), null, bad);
  }
});

test("default deny: only listed branches and tags, nothing deleted, no tag moved, not too many", () => {
  assert.equal(why("refs/heads/bot/one/a"), null);
  assert.equal(why("refs/tags/v2-bot"), null);
  assert.match(why("refs/heads/main") ?? "", /may be pushed: bot\/one\/\*/);
  assert.match(why("refs/tags/v2") ?? "", /tags/);
  for (const other of ["refs/notes/x", "refs/heads/", "refs/replace/x", "HEAD", "refs/headsx/a", "refs/pull/1/head"]) {
    assert.equal(why(other), "only branches and tags can be pushed", other);
  }
  assert.match(why("refs/heads/bot/one/a", A, NONE) ?? "", /deleted/);
  assert.match(why("refs/tags/v2-bot", A, "b".repeat(40)) ?? "", /not moved/);
  const many = ["a", "b", "c"].map((name) => ({ ref: `refs/heads/bot/one/${name}`, from: NONE, to: A }));
  assert.match(refRefusals(many, rules)[0]?.why ?? "", /3 refs; at most 2/);
  assert.equal(refRefusals([], rules).length, 1);
  const none = { ...rules, branches: [], tags: [] };
  assert.match(refRefusals([{ ref: "refs/heads/x", from: NONE, to: A }], none)[0]?.why ?? "", /none may/);
});
