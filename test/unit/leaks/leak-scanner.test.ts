import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import {
  createLeakScanner,
  type LeakSearch,
  type LeakVerdict,
  searchText,
} from "../../../src/core/leaks/leak-scanner.ts";
import { compileNeedles, type NeedleSet } from "../../../src/core/leaks/needles.ts";
import { compilePatterns, type PatternSet } from "../../../src/core/leaks/patterns.ts";
import { createTextSearch } from "../../../src/core/leaks/views/text-search.ts";
import type { LeakFinding } from "../../../src/core/model/leak.ts";

const TOKENS: LeakSearch = { known: null, canaries: null, patterns: true };
const ID = "github-personal-token";
const token = FORMATS.find(({ id }) => id === ID)?.samples()[0] ?? "";

function needles(...values: readonly string[]): NeedleSet {
  const reading = compileNeedles(values.map((value, i) => ({ name: `n${i}`, value })));
  assert.ok(reading.ok);
  return reading.set;
}

function scan(
  text: string | Buffer,
  {
    search = TOKENS,
    verdict = "mask",
    size = text.length,
  }: { search?: LeakSearch; verdict?: LeakVerdict; size?: number } = {},
) {
  const bytes = Buffer.from(text);
  const findings: LeakFinding[] = [];
  const scanner = createLeakScanner(search, (finding) => {
    findings.push(finding);
    return verdict;
  });
  const out: Buffer[] = [];
  let held = 0;
  for (let at = 0; at < bytes.length; at += size) {
    out.push(Buffer.from(scanner.push(bytes.subarray(at, at + size))));
    const handed = out.reduce((sum, it) => sum + it.length, 0);
    held = Math.max(held, Math.min(at + size, bytes.length) - handed);
  }
  out.push(scanner.flush());
  return { findings, out: Buffer.concat(out), held, stopped: scanner.stopped };
}

const base64 = (text: string | Buffer) => Buffer.from(text).toString("base64");
const each = (text: string, write: (code: number) => string) => [...text].map((it) => write(it.charCodeAt(0))).join("");
const percent = (text: string) => each(text, (code) => `%${code.toString(16)}`);
const unicode = (text: string) => each(text, (code) => `\\u${code.toString(16).padStart(4, "0")}`);

const WRITTEN: readonly (readonly [string, string, readonly string[]])[] = [
  ["as it is", token, []],
  ["percent", percent(token), ["percent"]],
  [
    "one sign of it in percent",
    `${token.slice(0, 9)}%${token.charCodeAt(9).toString(16)}${token.slice(10)}`,
    ["percent"],
  ],
  ["percent twice", percent(percent(token)), ["percent", "percent"]],
  ["JSON escapes", unicode(token), ["backslash"]],
  ["JSON escapes in JSON", unicode(token).replaceAll("\\", "\\\\"), ["backslash"]],
  ["HTML numbers", each(token, (code) => `&#${code};`), ["html"]],
  ["HTML names", token.replace("_", "&lowbar;"), ["html"]],
  ["characters of no width", [...token].join("\u200b"), ["unicode"]],
  ["full-width letters", each(token, (code) => String.fromCharCode(code + 0xfee0)), ["unicode"]],
  ["hex", Buffer.from(token).toString("hex"), ["hex"]],
  ["hex in hex", Buffer.from(Buffer.from(token).toString("hex")).toString("hex"), ["hex", "hex"]],
  ["base64", base64(token), ["base64"]],
  ["base64 one byte on", base64(`:${token}`), ["base64"]],
  ["base64 two bytes on", base64(`::${token}`), ["base64"]],
  ["base64url among other bytes", Buffer.from(`\x01\xff${token}\x02`, "latin1").toString("base64url"), ["base64"]],
  ["base64 behind letters of its alphabet", `/upload/x${base64(`{"a":"${token}"}`)}`, ["base64"]],
  ["base64 in base64", base64(base64(token)), ["base64", "base64"]],
  ["base64 in base64 in base64", base64(base64(base64(token))), ["base64", "base64", "base64"]],
  ["base64 in lines", base64(`${"some words and ".repeat(6)}${token}`).replace(/.{76}/g, "$&\r\n"), ["base64"]],
  ["base64 in lines in JSON", base64(`${"some words and ".repeat(6)}${token}`).replace(/.{64}/g, "$&\\n"), ["base64"]],
  ["base64 with escaped slashes", base64(`??>${token}???`).replaceAll("/", "\\/"), ["base64"]],
];

for (const [name, text, through] of WRITTEN) {
  test(`row 106: a token is found and hidden when written ${name}`, () => {
    for (const size of [1, 7, 1000]) {
      const { findings, out } = scan(`before ${text} behind`, { size });
      assert.deepEqual(
        findings.map((it) => [it.name, it.through]),
        [[ID, through]],
      );
      assert.equal(out.length, Buffer.byteLength(`before ${text} behind`));
      assert.match(out.toString("latin1"), /^before .* behind$/s);
      assert.deepEqual(scan(out).findings, []);
    }
  });
}

test("rows 106, 113: expected misses: base32, separated hex, reversal, rot13, four layers", () => {
  const rot13 = token.replace(/[a-z]/gi, (it) => {
    const base = it < "a" ? 65 : 97;
    return String.fromCharCode(((it.charCodeAt(0) - base + 13) % 26) + base);
  });
  const separated = Buffer.from(token).toString("hex").replace(/../g, "$&:");
  for (const text of [[...token].reverse().join(""), rot13, separated, base64(base64(base64(base64(token))))]) {
    assert.deepEqual(searchText(TOKENS, text), []);
  }
});

test("row 108: a token in base64 is found at every cut in two", () => {
  const text = Buffer.from(`{"a":"${base64(`key=${token}`)}"}`);
  for (let cut = 0; cut <= text.length; cut++) {
    const findings: LeakFinding[] = [];
    const scanner = createLeakScanner(TOKENS, (finding) => {
      findings.push(finding);
      return "stop";
    });
    const out = [scanner.push(text.subarray(0, cut)), scanner.push(text.subarray(cut)), scanner.flush()];
    assert.equal(findings.length, 1, `cut at ${cut}`);
    assert.ok(Buffer.concat(out).length <= (findings[0]?.start ?? 0));
  }
});

test("rows 105, 108: nothing of a finding is handed out before the judge was asked, and nothing after it said stop", () => {
  const text = `clean words ${token} more words`;
  const { findings, out, stopped } = scan(text, { verdict: "stop", size: 1 });
  assert.equal(stopped, true);
  assert.equal(findings.length, 1);
  assert.equal(out.toString(), text.slice(0, out.length));
  assert.ok(out.length <= text.indexOf(token));
});

test("row 105: what passes is handed on as it came", () => {
  const text = `${token} and ${percent(token)}`;
  const { findings, out } = scan(text, { verdict: "pass", size: 5 });
  assert.equal(findings.length, 2);
  assert.equal(findings[0]?.fingerprint, findings[1]?.fingerprint);
  assert.equal(out.toString(), text);
});

test("row 105: known values, canaries and tokens are told apart", () => {
  const search = { known: needles("known-value-01"), canaries: needles("bait-value-002"), patterns: true };
  const { findings } = scan(`a known-value-01 b ${base64("bait-value-002")} c ${token}`, { search });
  assert.deepEqual(
    findings.map(({ kind, name }) => [kind, name]),
    [
      ["known", "n0"],
      ["canary", "n0"],
      ["pattern", ID],
    ],
  );
});

test("row 109: line breaks of a base64 text are no fields", () => {
  const search = { known: needles("known-value-that-is-long"), canaries: null, patterns: false };
  const lines = base64("known-value-that-is-long").replace(/.{16}/g, "$&\n");
  assert.equal(searchText(search, lines).length, 1);
});

test("row 105: a private key of any length is hidden to its end, in plain and in base64", () => {
  const body = base64(Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * i * 31 + i * 7) % 251)));
  const key = `-----BEGIN PRIVATE KEY-----\n${body.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
  for (const text of [key, base64(key)]) {
    for (const size of [100, 4096]) {
      const { findings, out, held } = scan(`a: ${text} z`, { size });
      assert.equal(findings.length, 1);
      const left = out.toString("latin1").replace(/^a: /, "").replace(/ z$/, "").replaceAll(/[*A]+/g, "");
      assert.ok(left.length < 80, left.slice(0, 200));
      assert.ok(held < 24_000, `${held} bytes held`);
    }
  }
});

test("row 123: work grows with the length, not with the number of pieces nor with what is held", () => {
  const patterns = compilePatterns();
  let work = 0;
  const counting: PatternSet = {
    scan: (bytes, last, resume) => {
      work += bytes.length;
      return patterns.scan(bytes, last, resume);
    },
  };
  const cost = (text: string) => {
    work = 0;
    const search = createTextSearch(counting);
    for (const byte of Buffer.from(text)) search.push(Uint8Array.of(byte), false);
    search.push(new Uint8Array(0), true);
    return work / text.length;
  };
  const size = 8192;
  const fill = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
  const worst = [
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN ",
    `eyJ${"hbGciOiJI".repeat(300)}.`,
    "V",
    base64(fill("-----BEGIN ", 900)),
    Buffer.from(base64(fill("ghp_", 900))).toString("hex"),
    "%25",
    "%67%68%70%5f",
    "ghp_aB3",
    "\\",
  ];
  for (const text of worst) {
    const once = cost(fill(text, size));
    const twice = cost(fill(text, 2 * size));
    assert.ok(twice < once * 1.5 + 1, `${text.slice(0, 20)}: ${once} and ${twice} bytes for each`);
  }
});

test("row 105: texts of a head are searched at once", () => {
  assert.deepEqual(
    searchText(TOKENS, `Basic ${base64(`user:${token}`)}`).map(({ name }) => name),
    [ID],
  );
  assert.deepEqual(searchText(TOKENS, "/v1/models?limit=20"), []);
  assert.deepEqual(searchText({ known: null, canaries: null, patterns: false }, token), []);
});

test("row 119: masking a private key that was cut off leaves the JSON around it as it is", () => {
  const key = FORMATS.find(({ id }) => id === "private-key")?.samples()[0] ?? "";
  for (const kept of [700, 720, 740]) {
    const request = (content: string) =>
      JSON.stringify({ messages: [{ content, is: "x" }, { content: [{ content }, { text: "so it goes" }] }, "end"] });
    const { findings, out } = scan(request(`$ head\n${key.slice(0, kept)}`));
    assert.equal(findings.length, 2);
    const [first, second, last] = JSON.parse(out.toString()).messages;
    assert.match(first.content, /^\$ head\n\*+[^*]{0,30}$/);
    assert.equal(second.content[0].content, first.content);
    assert.deepEqual([first.is, second.content[1], last], ["x", { text: "so it goes" }, "end"]);
  }
});

test("rows 113, 123: characters of no width without end are not held back, few of them hide no token", () => {
  for (const sign of ["\u00ad", "\u200b"]) {
    for (const begin of ["", "ghp_", "https://u:p%41", "-----BEGIN PRIVATE KEY-----\n%41"]) {
      const { held } = scan(begin + sign.repeat(200_000), { size: 16_384 });
      assert.ok(held < 32_768, `${held} bytes are held behind ${begin}`);
    }
    const spaced = [...token].join(sign.repeat(16));
    const { findings, out } = scan(`${sign.repeat(40)} ${spaced} ${sign.repeat(40)}`, { size: 100 });
    assert.deepEqual(
      findings.map(({ name, through }) => [name, through]),
      [[ID, ["unicode"]]],
    );
    assert.ok(!out.includes(token.slice(-6, -5) + sign));
  }
});
