import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  compileNeedles,
  createDetector,
  createScrubber,
  type Needle,
  type NeedleSet,
  redactText,
  scrubText,
} from "../../../src/core/leaks/needles.ts";
import { Secret } from "../../../src/core/model/secret.ts";

const VALUE = 'sk-ant/A+b"c<9>&d\\e~f';

function setOf(...needles: readonly Needle[]): NeedleSet {
  const reading = compileNeedles(needles);
  assert.ok(reading.ok);
  return reading.set;
}

function scrub(set: NeedleSet, ...chunks: readonly (string | Uint8Array)[]): { text: string; count: number } {
  const scrubber = createScrubber(set);
  const parts = chunks.map((chunk) => scrubber.push(Buffer.from(chunk)));
  return { text: Buffer.concat([...parts, scrubber.flush()]).toString("latin1"), count: scrubber.count };
}

const one = setOf({ name: "key", value: new Secret("key", VALUE) });

test("without a needle everything passes at once, as it is, and nothing is found", () => {
  const none = setOf();
  const text = Buffer.from(`${VALUE} %73%6b \\u0073 &#115; c2stYW50`);
  const scrubber = createScrubber(none);
  assert.deepEqual(scrubber.push(text), text);
  assert.deepEqual([scrubber.flush().length, scrubber.count], [0, 0]);
  assert.deepEqual(createDetector(none).push(text), []);
  assert.equal(redactText(none, text.toString()), text.toString());
});

/** The value as echoing servers write it, each within other text. */
const echoes: Readonly<Record<string, string>> = {
  raw: VALUE,
  "another case": VALUE.toUpperCase(),
  hex: Buffer.from(VALUE).toString("hex"),
  "upper-case hex": Buffer.from(VALUE).toString("hex").toUpperCase(),
  percent: encodeURIComponent(VALUE),
  "percent, every byte": [...Buffer.from(VALUE)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`)
    .join(""),
  form: new URLSearchParams({ v: VALUE }).toString(),
  json: JSON.stringify({ v: VALUE }),
  "json with escaped slashes": JSON.stringify({ v: VALUE }).replaceAll("/", "\\/"),
  "json, every character": [...VALUE].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  html: VALUE.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  base64: Buffer.from(VALUE).toString("base64"),
  base64url: Buffer.from(VALUE).toString("base64url"),
  "Basic pair": Buffer.from(`user:${VALUE}`).toString("base64"),
  "base64 after one byte": Buffer.from(`x${VALUE}y`).toString("base64"),
  "base64 after two bytes": Buffer.from(`xx${VALUE}yy`).toString("base64url"),
  "base64 in base64": base64(base64(VALUE)),
  "base64 in base64, after other bytes": base64(`x${base64(`y${VALUE}`)}`),
  "base64 in hex": Buffer.from(base64(VALUE)).toString("hex"),
  "hex in base64": base64(Buffer.from(VALUE).toString("hex")),
  "hex in hex": Buffer.from(Buffer.from(VALUE).toString("hex")).toString("hex"),
  reversed: [...VALUE].reverse().join(""),
  "UTF-16, little end first": Buffer.from(VALUE, "utf16le").toString("latin1"),
  "UTF-16, big end first": Buffer.from(VALUE, "utf16le").swap16().toString("latin1"),
  "json in json": JSON.stringify(JSON.stringify(VALUE)).slice(3, -3),
  "json in json in json": JSON.stringify(JSON.stringify(JSON.stringify(VALUE))).slice(7, -7),
  "percent twice": encodeURIComponent(encodeURIComponent(VALUE)),
  "hex with colons": hexBytes().join(":"),
  "hex with blanks": hexBytes().join(" "),
  "hex with dashes, upper case": hexBytes().join("-").toUpperCase(),
  "hex in C": hexBytes()
    .map((byte, i) => (i === 0 ? byte : `0x${byte}`))
    .join(", "),
  "hex in C, over lines": hexBytes()
    .map((byte, i) => (i === 0 ? byte : `0x${byte}`))
    .join(",\r\n    "),
  "\\x of every byte": hexBytes()
    .map((byte) => `\\x${byte}`)
    .join(""),
  "octal of every byte": [...Buffer.from(VALUE)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(""),
};

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function hexBytes(): readonly string[] {
  return Buffer.from(VALUE).toString("hex").match(/../g) ?? [];
}

for (const [form, echo] of Object.entries(echoes)) {
  test(`row 90, 106: ${form} is masked by as many stars`, () => {
    const text = `before ${echo} after`;
    const scrubbed = scrub(one, text);
    assert.equal(scrubbed.text.length, text.length);
    assert.equal(scrubbed.count, 1);
    assert.match(scrubbed.text, /\*{10}/);
    // What stays of an encoding's edges must not hold more than a few bits of the value.
    assert.ok(
      scrubbed.text.replace(/[^*]/g, "").length >= echo.length - (form === "form" || form.startsWith("json") ? 10 : 12),
    );
    assert.equal(createDetector(one).push(Buffer.from(text)).join(), "key");
  });

  test(`row 90, 94, 108: ${form}, cut at every place and byte by byte, comes out the same`, () => {
    const text = `ab${echo}cd`;
    const whole = scrub(one, text);
    for (let at = 0; at <= text.length; at++) {
      assert.deepEqual(scrub(one, text.slice(0, at), text.slice(at)), whole, `cut at ${at}`);
      const detector = createDetector(one);
      assert.deepEqual(
        [...detector.push(Buffer.from(text.slice(0, at))), ...detector.push(Buffer.from(text.slice(at)))],
        ["key"],
      );
    }
    assert.deepEqual(scrub(one, ...Buffer.from(text).toString("latin1")), whole, "byte by byte");
  });
}

const MIXED = "q-REAL/tok+en=55667788";

/** As programs write it that escape less, or more, than others. */
const mixtures: Readonly<Record<string, string>> = {
  "Python quote()": "q-REAL/tok%2Ben%3D55667788",
  "Go PathEscape": "q-REAL%2Ftok+en=55667788",
  ".NET JSON": "q-REAL/tok\\u002Ben=55667788",
  "Go html": "q-REAL/tok&#43;en=55667788",
  "OWASP html": "q-REAL&#x2F;tok&#x2B;en&#x3D;55667788",
  "html, all in decimals": [...MIXED].map((it) => `&#${it.charCodeAt(0)};`).join(""),
  "html, leading zeros": "q-REAL&#00047;tok&#x002b;en&#X3d;55667788",
  "html by name": "q-REAL&sol;tok&plus;en&equals;55667788",
  "html in json of Go": "q-REAL/tok\\u0026#43;en=55667788",
  "html in html": "q-REAL/tok&amp;#43;en=55667788",
  "html in a query": "q-REAL/tok%26%2343%3Ben%3D55667788",
  "percent twice": "q-REAL%252Ftok%252Ben%253D55667788",
  "percent of percent of every byte": encodeURIComponent(
    [...Buffer.from(MIXED)].map((it) => `%${it.toString(16)}`).join(""),
  ),
  "json in json": "q-REAL\\\\/tok\\\\u002Ben=55667788",
  "json in a query": "q-REAL%5C%2Ftok%5Cu002ben=55667788",
  "escape() of JavaScript": "q-REAL/tok%u002Ben%3D55667788",
  "backslashes before signs": "q\\-REAL\\/tok\\+en\\=55667788",
  "a spelling for each character":
    "\\x71%2D\\u0052&#69;%41\\u{4c}\\057t\\157k&plus;en\\u003d&#x35;5%366%2537\\u00378&#056;",
};

for (const [encoder, echo] of Object.entries(mixtures)) {
  test(`rows 90, 106, 108: ${encoder} is masked whole at every cut`, () => {
    const set = setOf({ name: "key", value: MIXED });
    const [text, expected] = [`a=${echo}&b`, { text: `a=${"*".repeat(echo.length)}&b`, count: 1 }];
    for (let at = 0; at <= text.length; at++) assert.deepEqual(scrub(set, text.slice(0, at), text.slice(at)), expected);
    assert.deepEqual(scrub(set, ...text), expected, "byte by byte");
    assert.deepEqual(createDetector(set).push(Buffer.from(text)), ["key"]);
  });
}

/** A file of which the value is a part, so that its lines break anywhere in the value. */
const LONG = Buffer.from(`{"type":"account","key":"${MIXED}","padding":"................................."}`);

for (const length of [64, 76]) {
  for (const [name, end] of Object.entries({ LF: "\n", CRLF: "\r\n", "LF in JSON": "\\n", "CRLF in JSON": "\\r\\n" })) {
    test(`rows 90, 106, 111: base64 in lines of ${length}, ${name}, is masked wherever the line breaks`, () => {
      const set = setOf({ name: "key", value: MIXED });
      for (let lead = 0; lead < length; lead++) {
        const encoded = Buffer.concat([Buffer.alloc(lead, "-"), LONG]).toString("base64");
        const text = encoded.replaceAll(new RegExp(`.{${length}}`, "g"), `$&${end}`);
        const scrubbed = scrub(set, ...text);
        assert.equal(scrubbed.count, 1, `after ${lead} bytes`);
        assert.equal(scrubbed.text.length, text.length);
        // At most two characters before a line break, and one at each edge that says something of its neighbour too.
        assert.ok(
          scrubbed.text.replace(/[^*]/g, "").length >= Math.floor((MIXED.length * 4) / 3) - 3,
          `after ${lead} bytes`,
        );
      }
    });
  }
}

test("rows 90, 106: base32 is masked after any number of bytes, with or without its lines broken", () => {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (let lead = 0; lead < 5; lead++) {
    const bits = [..."x".repeat(lead), ...MIXED].map((it) => it.charCodeAt(0).toString(2).padStart(8, "0")).join("");
    const text = (bits.match(/.{5}/g) ?? []).map((it) => digits[Number.parseInt(it, 2)]).join("");
    for (const echo of [text, text.toLowerCase(), text.replace(/.{20}/, "$&\n")]) {
      const scrubbed = scrub(setOf({ name: "key", value: MIXED }), ...echo);
      assert.deepEqual([scrubbed.count, scrubbed.text.length], [1, echo.length], `${lead}`);
    }
  }
});

test("what only resembles the value passes", () => {
  const set = setOf({ name: "key", value: MIXED });
  for (const text of [
    "q-REAL/tok%2Aen=55667788",
    "q-REAL/tok%2 Ben=55667788",
    "q-REAL/tok&#43en=55667788",
    "q-REAL/tok&plusmn;en=55667788",
    "q-REAL/tok\\u02Ben=55667788",
    "q-REAL/tok\nen=55667788",
    "q-REAL/tok+en=5566778%",
    Buffer.from(MIXED).toString("base64").replace(/.{16}/, "$&\n\n"),
    Buffer.from(MIXED).toString("hex").replace(/.{7}/, "$&:"),
  ]) {
    assert.deepEqual(scrub(set, text), { text, count: 0 });
    assert.deepEqual(scrub(set, ...text), { text, count: 0 });
  }
});

test("row 89: a tail is held for as long as it may be an escape of what a needle goes on with", () => {
  const set = setOf({ name: "key", value: MIXED });
  for (const [text, held] of [
    ["data: 50%", "%"],
    ["data: 50% ", ""],
    ["data: \\", "\\"],
    ['data: \\"', ""],
    ["data: a&b", "&b"],
    ["data: a&bs", "&bs"],
    ["data: a&bx ", ""],
    ["data: %7", "%7"],
    ["data: %71", "%71"],
    ["data: %20", ""],
    ["data: q%2", "q%2"],
    ["data: Q\n\n", ""],
    ["data: cS1\n", "cS1\n"],
    ["data: cS1\n\n", ""],
    ["data: cS\n", ""],
    ["data: 71 ", "71 "],
  ] as const) {
    const out = createScrubber(set).push(Buffer.from(text)).toString();
    assert.equal(text.slice(out.length), held, text);
  }
});

test("row 89: what cannot be a needle flows at once, so that event streams stay live", () => {
  const scrubber = createScrubber(one);
  const event = 'event: message\ndata: {"text":"hello"}\n\n';
  assert.equal(scrubber.push(Buffer.from(event)).toString(), event);
  assert.equal(scrubber.push(Buffer.from(`data: sk-a`)).toString(), "data: ", "only the beginning of a needle is held");
  assert.equal(scrubber.push(Buffer.from("bc\n\n")).toString(), "sk-abc\n\n", "and let go as soon as it is none");
});

test("a needle at the very end is masked at flush, its beginning alone is not", () => {
  assert.equal(scrub(one, `x${VALUE}`).text, `x${"*".repeat(VALUE.length)}`);
  assert.deepEqual(scrub(one, `x${VALUE.slice(0, -1)}`), { text: `x${VALUE.slice(0, -1)}`, count: 0 });
});

test("row 94: one needle within another, and overlapping ones, are masked whole at every cut", () => {
  const set = setOf(
    { name: "long", value: "abcdefgh-ijklmnop" },
    { name: "short", value: "defgh-ij" },
    { name: "other", value: "mnopqrstuv" },
  );
  const text = "..abcdefgh-ijklmnopqrstuv..defgh-ij..abcdefgh-ijklmno..";
  const expected = `..${"*".repeat(23)}..${"*".repeat(8)}..abc${"*".repeat(8)}klmno..`;
  for (let at = 0; at <= text.length; at++)
    assert.equal(scrub(set, text.slice(0, at), text.slice(at)).text, expected, `cut at ${at}`);
  assert.deepEqual(scrub(set, ...text), scrub(set, text));
});

test("row 94: values that begin alike, and repeat themselves", () => {
  const set = setOf({ name: "a", value: "abababababX" }, { name: "b", value: "ababababab-longer" });
  const text = "abababababababababX ababababab-longer ababababab";
  const expected = `abababab${"*".repeat(11)} ${"*".repeat(17)} ababababab`;
  for (let at = 0; at <= text.length; at++)
    assert.equal(scrub(set, text.slice(0, at), text.slice(at)).text, expected, `cut at ${at}`);
});

test("row 94: masks are not searched again", () => {
  const set = setOf({ name: "stars", value: "********" }, { name: "key", value: "abcdefgh" });
  assert.equal(scrub(set, "x abcdefgh x").count, 1);
});

test("values below eight bytes are refused by name, never by value", () => {
  const reading = compileNeedles([
    { name: "short", value: "hunter2" },
    { name: "fine", value: "long enough" },
  ]);
  assert.deepEqual(reading, { ok: false, tooShort: ["short"] });
  assert.ok(compileNeedles([{ name: "bytes count", value: "éééé" }]).ok);
});

test("no needles: everything passes as it is", () => {
  assert.deepEqual(scrub(setOf(), "anything"), { text: "anything", count: 0 });
  assert.deepEqual(createDetector(setOf()).push(Buffer.from("anything")), []);
});

test("row 100: a compiled set prints names, nothing else", () => {
  const printed = inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one);
  assert.ok(printed.includes("key"));
  for (const echo of Object.values(echoes)) assert.ok(!printed.toLowerCase().includes(echo.toLowerCase()));
});

test("a detector names each needle once, in order of appearance", () => {
  const set = setOf({ name: "a", value: "aaaa-1111" }, { name: "b", value: "bbbb-2222" });
  const detector = createDetector(set);
  assert.deepEqual(detector.push(Buffer.from("bbbb-2222 aaaa-11")), ["b"]);
  assert.deepEqual(detector.push(Buffer.from("11 bbbb-2222")), ["a"]);
  assert.deepEqual(detector.push(Buffer.from("aaaa-1111")), []);
});

test("row 89: header values are scrubbed as Latin-1", () => {
  assert.deepEqual(scrubText(one, `caf\xe9 ${VALUE}`), { text: `caf\xe9 ${"*".repeat(VALUE.length)}`, count: 1 });
  assert.deepEqual(scrubText(one, "plain"), { text: "plain", count: 0 });
});

test("row 100: audit text shows names in the place of values", () => {
  const set = setOf({ name: "token", value: "abcdefgh" }, { name: "other", value: "ghijklmn" });
  assert.equal(redactText(set, "/p?k=abcdefgh&é"), "/p?k=[token]&é");
  assert.equal(redactText(set, "abcdefghijklmn!"), "[token][other]!");
  assert.equal(redactText(set, "nothing"), "nothing");
});
