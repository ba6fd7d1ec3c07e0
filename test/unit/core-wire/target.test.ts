import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTarget, pathAmbiguity, readTarget } from "../../../src/core/wire/target.ts";

test("origin-form and absolute-form are split, not normalised", () => {
  assert.deepEqual(readTarget("/a/../b?x=/c?d"), {
    ok: true,
    target: { form: "origin", scheme: null, authority: null, path: "/a/../b", query: "x=/c?d" },
  });
  assert.deepEqual(readTarget("HTTP://User@Host:80/p?"), {
    ok: true,
    target: { form: "absolute", scheme: "http", authority: "User@Host:80", path: "/p", query: "" },
  });
  assert.deepEqual(readTarget("https://a.test"), {
    ok: true,
    target: { form: "absolute", scheme: "https", authority: "a.test", path: "/", query: null },
  });
  assert.deepEqual(readTarget("https://a.test?q"), {
    ok: true,
    target: { form: "absolute", scheme: "https", authority: "a.test", path: "/", query: "q" },
  });
  const star = readTarget("*");
  assert.ok(star.ok && star.target.form === "asterisk");
});

test("row 18, 64: targets that parsers read differently are refused", () => {
  const texts = [
    "",
    "a.test/x",
    "//",
    "http:/a/x",
    "http:///x",
    "ftp://a/x",
    "http://a\\@b/x",
    "/x#frag",
    "/a b",
    "/a\tb",
    "/\x00",
    "/é",
    "/\u0100",
    "a.test:443",
    "http://",
    "?x",
    "https:\\\\a.test/x",
    " /x",
    "/x\r\nHost: b",
    "javascript:x",
  ];
  // `//` is an origin-form path; only its ambiguity is judged later.
  for (const text of texts.filter((it) => it !== "//")) assert.equal(readTarget(text).ok, false, JSON.stringify(text));
});

test("row 64: a query never becomes part of the path", () => {
  const reading = readTarget("/x?/allowed/../y#".slice(0, -1));
  assert.ok(reading.ok && reading.target.path === "/x");
});

test("what is sent is what was judged", () => {
  for (const text of ["/a?b=c", "/a", "/a?", "/%41?%zz"]) {
    const reading = readTarget(text);
    assert.ok(reading.ok);
    assert.equal(formatTarget(reading.target.path, reading.target.query), text);
  }
});

const ambiguous = [
  "/a/../b",
  "/a/..",
  "/..",
  "/.",
  "/a/./b",
  "/a/%2e%2e/b",
  "/a/%2E./b",
  "/a/.%2e",
  "/a%2fb",
  "/a%2Fb",
  "/a//b",
  "//a",
  "/a/;x/b",
  "/a;x=1",
  "/a%3bx",
  "/a\\b",
  "/a%5cb",
  "/a%00",
  "/a%0d%0ab",
  "/a%7f",
  "/%zz",
  "/a%",
  "/a%2",
  "/%252e%252e/b",
  "/a%25",
  "/%61",
  "/%c0%af",
  "/%ff",
  "/a%3fb",
  "/a%23b",
  "/a b",
  "/é",
  "a",
  "",
  "/a?b",
];
for (const path of ambiguous) {
  test(`row 63: ${JSON.stringify(path)} is ambiguous`, () => {
    assert.notEqual(pathAmbiguity(path), null);
  });
}

test("row 63: ordinary paths are not", () => {
  for (const path of [
    "/",
    "/a",
    "/a/",
    "/v1/messages",
    "/a.b/..c/d..",
    "/a%20b",
    "/%C3%A9",
    "/a:b@c,d=e+f$g!h*i(j)'k",
    "/~user/_x-y",
    "/@scope%7Bx",
  ]) {
    assert.equal(pathAmbiguity(path), null, path);
  }
});
