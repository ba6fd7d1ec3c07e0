import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { createLeakScanner, type LeakSearch, searchText } from "../../../src/core/leaks/leak-scanner.ts";
import { compileNeedles } from "../../../src/core/leaks/needles.ts";
import { cleanCorpus } from "../../support/leaks/clean-corpus.ts";

const VALUE = "known-value-that-is-long";
const reading = compileNeedles([{ name: "known", value: VALUE }]);
assert.ok(reading.ok);
const KNOWN: LeakSearch = { known: reading.set, canaries: null, patterns: false };
const TOKENS: LeakSearch = { known: null, canaries: null, patterns: true };

/** Texts that hold these values, each as a value of its own, with others before and behind. */
const LAYOUTS: Readonly<Record<string, (values: readonly string[]) => string>> = {
  "members of an object": (values) =>
    JSON.stringify({ id: 7, ...Object.fromEntries(values.map((value, i) => [`f${i}`, value])), ok: true }),
  "an array": (values) => JSON.stringify(["Some text before.", ...values, "and behind"]),
  "objects in an array": (values) => JSON.stringify(values.map((value, i) => ({ place: i, part: { text: value } }))),
  "documents in lines": (values) => values.map((value) => `${JSON.stringify({ text: value })}\n`).join(""),
  "names of members": (values) => `{${values.map((value) => `${JSON.stringify(value)}: 1`).join(",")}}`,
  "an indented text": (values) => ` \n${JSON.stringify({ values }, null, 2)}`,
  "fields of a form": (values) =>
    `id=7&${values.map((value, i) => `f${i}=${encodeURIComponent(value)}`).join("&")}&z=9`,
  "names of a form": (values) => values.map((value) => `${value}=1`).join("&"),
  "a cookie": (values) => `${values.map((value, i) => `f${i}=${value}`).join("; ")}; z=9`,
  "parts of a multipart body": (values) =>
    `${values.map((value, i) => `--edge\r\nContent-Disposition: form-data; name="f${i}"\r\n\r\n${value}\r\n`).join("")}--edge--\r\n`,
};

const cut = (text: string, pieces: number) =>
  Array.from({ length: pieces }, (_, i) =>
    text.slice(Math.floor((text.length * i) / pieces), Math.floor((text.length * (i + 1)) / pieces)),
  );

/** What is handed on where findings are masked, and the texts that were found, when the text comes in pieces of a size. */
function masked(search: LeakSearch, text: string, size: number) {
  const found: string[] = [];
  let held = 0;
  const scanner = createLeakScanner(search, ({ start, end }) => {
    found.push(text.slice(start, end));
    return "mask";
  });
  let out = "";
  for (let at = 0; at < text.length; at += size) {
    out += scanner.push(Buffer.from(text.slice(at, at + size), "latin1")).toString("latin1");
    held = Math.max(held, Math.min(at + size, text.length) - out.length);
  }
  return { found, out: out + scanner.flush().toString("latin1"), held };
}

for (const [layout, write] of Object.entries(LAYOUTS)) {
  test(`row 109: a known value cut over ${layout} is found, and each of its pieces masked, at any cut`, () => {
    for (const pieces of [2, 3, VALUE.length]) {
      const text = write(cut(VALUE, pieces));
      for (const size of [1, 2, 7, text.length]) {
        const { found, out } = masked(KNOWN, text, size);
        assert.equal(found.join(""), VALUE, `${pieces} pieces, ${size} at once`);
        assert.equal(out, write(cut("*".repeat(VALUE.length), pieces)));
      }
    }
  });

  test(`row 109: a token cut over ${layout} is found`, () => {
    const token = FORMATS.find(({ id }) => id === "github-personal-token")?.samples()[0] ?? "";
    for (const pieces of [2, 3, 5]) {
      const text = write(cut(token, pieces));
      for (const size of [1, 7, text.length]) {
        assert.equal(masked(TOKENS, text, size).found.join(""), token, `${pieces} pieces, ${size} at once`);
      }
    }
  });
}

test("row 109: what encoders make of a known value is found in pieces too", () => {
  const bytes = Buffer.from(VALUE);
  for (const text of [bytes.toString("base64"), bytes.toString("hex"), [...VALUE].reverse().join("")]) {
    assert.notEqual(masked(KNOWN, JSON.stringify(cut(text, 3)), 5).found.length, 0, text);
  }
});

test("row 109: tokens of all known formats but eight are found when they are cut in two values of JSON", () => {
  const missed = FORMATS.filter(({ level }) => level === "default").filter((format) =>
    format.samples().some((token) => {
      const text = JSON.stringify({ a: "before", b: cut(token, 2)[0], c: cut(token, 2)[1], d: "behind" });
      return searchText(TOKENS, text).every(({ through }) => through[0] !== "pieces");
    }),
  );
  // Those that are longer than pieces are, hold quotes, or have no end of their own.
  assert.deepEqual(
    missed.map(({ id }) => id),
    [
      "aws-bedrock-session-key",
      "google-access-token",
      "fly-token",
      "ado-connection-string",
      "jwt",
      "aws-session-token",
      "private-key",
      "jwk-private-key",
    ],
  );
});

test("row 109: expected misses: a value between the pieces, another order, too far apart", () => {
  const [a = "", b = ""] = cut(VALUE, 2);
  for (const text of [
    JSON.stringify([a, "x", b]),
    JSON.stringify([b, a]),
    JSON.stringify([a, Array(20_000).fill(1), b]),
    `${a}\n${b}`,
  ]) {
    assert.deepEqual(masked(KNOWN, text, 1024).found, [], text.slice(0, 60));
  }
});

test("row 109: a piece may be the end or the beginning of a long value", () => {
  const [a = "", b = ""] = cut(VALUE, 2);
  const text = JSON.stringify([`${"some words ".repeat(200)}${a}`, `${b}${" and more".repeat(200)}`]);
  for (const size of [1, 100, text.length]) assert.equal(masked(KNOWN, text, size).found.join(""), VALUE);
});

test("row 109: a long declared value is found in long pieces", () => {
  const long = Array.from({ length: 400 }, (_, i) => ((i * 7919) % 1000).toString(36)).join("");
  const all = compileNeedles([{ name: "long", value: long }]);
  assert.ok(all.ok);
  const { found } = masked({ known: all.set, canaries: null, patterns: false }, JSON.stringify(cut(long, 2)), 1024);
  assert.equal(found.join(""), long);
});

test("row 109: a whole value is one finding, not one in pieces as well", () => {
  for (const text of [JSON.stringify({ a: VALUE, b: "x" }), `a=${VALUE}&b=x`]) {
    assert.deepEqual(
      searchText(KNOWN, text).map(({ through }) => through),
      [[]],
    );
  }
});

test("rows 108, 109: no more is held back than a span, however short the values and whatever they begin", () => {
  const text = JSON.stringify(Array.from({ length: 30_000 }, (_, i) => VALUE.slice(0, 1 + (i % 3))));
  assert.ok(masked(KNOWN, text, 1024).held <= 17 * 1024);
  assert.ok(masked(TOKENS, `["ghp_",${"1,".repeat(30_000)}1]`, 1024).held <= 17 * 1024);
});

test("row 119: an address and one of mail in two fields are no URL with a password", () => {
  const mail = "alice.smith@acme.io";
  for (const values of [
    ["http://localhost:3000", mail],
    ["https://acme.io", "10:30:00", mail],
    ["https://api.acme.io:8443", "ops-team", mail],
    ["postgres://db.internal", "10:30:00", mail],
    ["ssh://git.acme.io:7999", "7999", mail],
  ]) {
    for (const [layout, write] of Object.entries(LAYOUTS)) {
      // No client gives a field such a name.
      if (layout.startsWith("names")) continue;
      assert.deepEqual(searchText(TOKENS, write(values)), [], write(values));
    }
    assert.deepEqual(searchText(TOKENS, values.map((value, i) => `f${i}=${value}`).join("&")), []);
  }
  for (const values of [
    ["postgres://app:Zk3v", "Q9xL2mWp7Rt@db.acme.io/main"],
    ["postgres://app:7Zk3v", "Q9xL2m", "Wp7RtYyN@db.acme.io/main"],
  ]) {
    assert.equal(
      masked(TOKENS, JSON.stringify(values), 1024).found.join("").replace(/@.*/, "").length,
      values.join("").replace(/^.*app:|@.*/g, "").length,
    );
  }
});

test("row 119: in 10 MiB of clean text cut into values of JSON and of forms nothing is taken for a token", () => {
  let size = 0;
  for (const { kind, bytes } of cleanCorpus(29, 2 * 2 ** 20)) {
    const text = bytes.toString("latin1");
    const words = text.split(/\s+/);
    for (const cutText of [
      text,
      JSON.stringify(text.split("\n")),
      JSON.stringify(text.split(/[\s"]+/)),
      JSON.stringify(text.split(/[^\w+/=-]+/)),
      words.map((word, i) => `f${i}=${word.replaceAll(/[&;]/g, "")}`).join("&"),
    ]) {
      size += cutText.length;
      const scanner = createLeakScanner(TOKENS, ({ name, start, through }) => {
        if (through[0] === "pieces") assert.fail(`${name} in ${kind}: ${cutText.slice(start - 60, start + 60)}`);
        return "pass";
      });
      scanner.push(Buffer.from(cutText, "latin1"));
      scanner.flush();
    }
  }
  assert.ok(size > 10 * 2 ** 20);
});
