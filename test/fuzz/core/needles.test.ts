import assert from "node:assert/strict";
import { test } from "node:test";
import { encodedForms } from "../../../src/core/leaks/forms.ts";
import { compileNeedles, createDetector, createScrubber, type NeedleSet } from "../../../src/core/leaks/needles.ts";
import { LONGEST_SPELLING } from "../../../src/core/leaks/spellings.ts";
import { escapesOf } from "../../support/core/escaped-characters.ts";
import { SlowSearch } from "../../support/core/slow-search.ts";
import fc from "../../support/properties.ts";

function setOf(values: readonly string[]): NeedleSet {
  const reading = compileNeedles(values.map((it, i) => ({ name: `${i}`, value: it })));
  assert.ok(reading.ok);
  return reading.set;
}

function scrub(set: NeedleSet, chunks: readonly Uint8Array[]): { text: string; count: number } {
  const scrubber = createScrubber(set);
  const out = Buffer.concat([...chunks.map((chunk) => scrubber.push(chunk)), scrubber.flush()]);
  return { text: out.toString("latin1"), count: scrubber.count };
}

function pieces(text: Buffer, cuts: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of cuts) {
    chunks.push(text.subarray(at, at + length));
    at += length;
  }
  return [...chunks, text.subarray(at)];
}

/**
 * One character in some spelling; escapes may be escaped again, as often as `layers` says. What no decoder undoes is
 * left out: the second of two backslashes as the first of an escape, and `\%` or `\&` before what they escape.
 */
function spelling(character: string, layers: number, behind = false): fc.Arbitrary<string> {
  const raw = fc.constant(character);
  if (layers === 0) return raw;
  const nested = layers < 3 && /[%&]/.test(character);
  const texts = escapesOf(character).filter(
    (text) => !text.startsWith("\\") || !(behind || (text === `\\${character}` && nested)),
  );
  const escaped = fc.constantFrom(...texts).chain((text) => {
    // A plus for a space is no plus that could be escaped.
    if (text === "+") return fc.constant(text);
    const first = text === "\\\\" ? 0 : 1;
    const parts = [...text].map((it, i) => spelling(it, layers - 1, behind || (i >= first && text.startsWith("\\"))));
    return fc.tuple(...parts).map((all) => all.join(""));
  });
  return fc.oneof({ weight: layers === 3 ? 1 : 3, arbitrary: raw }, { weight: 1, arbitrary: escaped });
}

const spelled = (value: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...[...value].map((character) =>
        spelling(character, 3).map((it) => (Buffer.byteLength(it) > LONGEST_SPELLING ? character : it)),
      ),
    )
    .map((parts) => parts.join(""));

const characters = fc.constantFrom(..."aAbq09+/=%\\&\"'<;#ux \n-_é€😀");
const secret = fc.array(characters, { minLength: 8, maxLength: 24 }).map((it) => it.join(""));
/** Nothing with which an escape, or a secret, could begin or go on. */
const noise = fc.array(fc.constantFrom("z", "Z", "!", "~", "*", "\0"), { maxLength: 12 }).map((it) => it.join(""));
const cutting = fc.array(fc.nat(9), { maxLength: 300 });

test("rows 90, 106, 108: a value in any mix of spellings, cut anywhere, is masked, and nothing else is", () => {
  const scene = secret.chain((value) => fc.tuple(fc.constant(value), noise, spelled(value), noise, cutting));
  fc.assert(
    fc.property(scene, ([value, before, echo, after, cuts]) => {
      const chunks = pieces(Buffer.from(before + echo + after), cuts);
      const set = setOf([value]);
      assert.deepEqual(scrub(set, chunks), { text: before + "*".repeat(Buffer.byteLength(echo)) + after, count: 1 });
      const detector = createDetector(set);
      assert.deepEqual(
        chunks.flatMap((chunk) => detector.push(chunk)),
        ["0"],
      );
    }),
    { numRuns: 3000 },
  );
});

/** Whole texts as programs encode them, one in another. */
const encoders: readonly ((text: string) => string)[] = [
  JSON.stringify,
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll("%2F", "/"),
  (text) => new URLSearchParams({ v: text }).toString(),
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  (text) => JSON.stringify(text).replaceAll("/", "\\/"),
  (text) =>
    JSON.stringify(text).replace(/[&<>'+\x7f-\uffff]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`),
  (text) => text.replace(/[&<>"'/=+]/g, (it) => `&#x${it.charCodeAt(0).toString(16).toUpperCase()};`),
  (text) => text.replace(/[&<>"'+]/g, (it) => `&#${it.charCodeAt(0)};`),
  (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
];

test("rows 90, 106: a value in a text that programs encoded up to three times is found and masked", () => {
  const scene = fc.tuple(secret, fc.array(fc.constantFrom(...encoders), { maxLength: 3 }), cutting);
  fc.assert(
    fc.property(scene, ([value, encode, cuts]) => {
      const echo = encode.reduce((text, encoder) => encoder(text), value);
      // Escaped whole three times a character is longer than what counts as a spelling of it.
      fc.pre(echo.length < 12 * value.length);
      const { text, count } = scrub(setOf([value]), pieces(Buffer.from(`!${echo}!`), cuts));
      assert.deepEqual([count, text.length], [1, Buffer.byteLength(echo) + 2]);
    }),
    { numRuns: 2000 },
  );
});

test("rows 90, 106, 108, 111: base64 broken into lines and hex broken into bytes are found at every cut", () => {
  const lines = fc.record({
    lead: fc.string({ maxLength: 90 }),
    alphabet: fc.constantFrom("base64" as const, "base64url" as const),
    length: fc.constantFrom(64, 76, 19),
    end: fc.constantFrom("\n", "\r\n", "\\n", "\\r\\n", "\n  ", "%0D%0A", "&#10;"),
  });
  const between = fc.constantFrom("", ":", " ", "-", ", ", ",0x", ", 0x", ",\n  0x", "\\n", "%20", "+");
  const scene = fc.tuple(secret, lines, fc.array(between, { minLength: 100, maxLength: 100 }), cutting);
  fc.assert(
    fc.property(scene, ([value, { lead, alphabet, length, end }, gaps, cuts]) => {
      const set = setOf([value]);
      const encoded = Buffer.from(`${lead}${value}tail`)
        .toString(alphabet)
        .replaceAll(new RegExp(`.{${length}}`, "g"), `$&${end}`);
      const digits = [...Buffer.from(value)]
        .map((byte, i) => (i === 0 ? "" : gaps[i % 100]) + byte.toString(16).padStart(2, "0"))
        .join("");
      for (const echo of [encoded, digits]) {
        const chunks = pieces(Buffer.from(`z ${echo} z`), cuts);
        const detector = createDetector(set);
        assert.deepEqual(
          chunks.flatMap((chunk) => detector.push(chunk)),
          ["0"],
        );
        assert.equal(scrub(set, chunks).count, 1);
      }
      assert.equal(scrub(set, [Buffer.from(`z ${digits} z`)]).text, `z ${"*".repeat(digits.length)} z`);
    }),
    { numRuns: 1500 },
  );
});

test("what is not the value is never changed, however much it is like it", () => {
  // The value has a `Q`; the text is of spellings and encodings of everything else in it.
  const scene = fc.tuple(secret, secret).chain(([left, right]) => {
    const clean = (it: string) => it.replaceAll(/q/gi, "b");
    const value = `${clean(left)}Q${clean(right)}`;
    const near = [clean(value), clean(left), clean(right), clean(left) + clean(right), clean(right) + clean(left)];
    const part = fc.oneof(
      fc.constantFrom(...near).chain(spelled),
      fc.constantFrom(
        ...near.filter((it) => it.length > 8).flatMap((it) => encodedForms(it).map(({ bytes }) => `${bytes}`)),
      ),
      noise,
      fc.constantFrom("%", "\\", "&", "&#", "%2", "\\u00", "\r\n", "0x", "\\\\"),
    );
    return fc.tuple(fc.constant(value), fc.array(part, { maxLength: 5 }), cutting);
  });
  fc.assert(
    fc.property(scene, ([value, parts, cuts]) => {
      const text = Buffer.from(parts.join(""));
      assert.deepEqual(scrub(setOf([value]), pieces(text, cuts)), { text: text.toString("latin1"), count: 0 });
    }),
    { numRuns: 1500 },
  );
});

/** Few letters, so that values begin alike, repeat and overlap. */
const alike = fc.array(fc.constantFrom("a", "b", "A", "é", '"'), { minLength: 8, maxLength: 14 });

/** Texts in which whole and half forms of the values stand close together, as pieces of whole characters. */
const crowd = fc.array(alike, { minLength: 1, maxLength: 4 }).chain((lists) => {
  const values = lists.map((it) => it.join(""));
  const forms = values.flatMap((it) => encodedForms(it).map(({ bytes }) => bytes.toString("latin1")));
  const one = (it: string) => fc.constantFrom(it, it, it, ...escapesOf(it));
  const part = fc.oneof(
    fc.constantFrom(...forms).map((it) => [it]),
    fc.tuple(fc.constantFrom(...forms), fc.nat(30)).map(([form, length]) => [form.slice(0, length)]),
    fc.constantFrom(...lists).chain((list) => fc.tuple(...list.map(one))),
    fc.tuple(fc.constantFrom(...lists), fc.nat(12)).chain(([list, n]) => fc.tuple(...list.slice(0, n).map(one))),
    fc.constantFrom("a", "b", "ab", " ", "*", "\n", "\r\n").map((it) => [it]),
  );
  return fc.record({
    values: fc.constant(values),
    text: fc
      .array(part, { maxLength: 8 })
      .map((parts) => parts.flat().map((it) => (it.includes("é") ? Buffer.from(it) : Buffer.from(it, "latin1")))),
    cuts: cutting,
  });
});

test("rows 90, 94, 106, 108: exactly what the forms say is masked, at every cut", () => {
  fc.assert(
    fc.property(crowd, ({ values, text, cuts }) => {
      const set = setOf(values);
      const whole = Buffer.concat(text);
      const chunks = pieces(whole, cuts);
      const scrubbed = scrub(set, chunks);
      assert.equal(scrubbed.text, new SlowSearch(values).masked(whole));
      const detector = createDetector(set);
      const found = chunks.flatMap((chunk) => detector.push(chunk));
      assert.equal(found.length > 0, scrubbed.count > 0);
      assert.equal(new Set(found).size, found.length);
    }),
    { numRuns: 3000 },
  );
});

test("row 89: what is held back is exactly what may become a needle", () => {
  fc.assert(
    fc.property(crowd, ({ values, text }) => {
      const whole = Buffer.concat(text);
      const held = whole.length - createScrubber(setOf(values)).push(whole).length;
      assert.equal(held, new SlowSearch(values).held(whole));
    }),
    { numRuns: 2000 },
  );
});

test("rows 89, 108, 123: whatever comes, the held tail has a bound, and the cuts change nothing", () => {
  const piece = fc.oneof(noise, fc.constantFrom("%", "%25", "\\", "&", "&#", "0", "\n", "\\n", " ", "amp;", "u00"));
  const scene = secret.chain((value) =>
    fc.tuple(fc.constant(value), fc.array(fc.oneof(piece, spelled(value)), { maxLength: 20 }), cutting),
  );
  fc.assert(
    fc.property(scene, ([value, parts, cuts]) => {
      const longest = Math.max(...encodedForms(value).map(({ bytes }) => bytes.length));
      const set = setOf([value]);
      const text = Buffer.from(parts.join(""));
      assert.deepEqual(scrub(set, pieces(text, cuts)), scrub(set, [text]));
      const scrubber = createScrubber(set);
      let held = 0;
      for (const chunk of pieces(text, cuts)) {
        held += chunk.length - scrubber.push(chunk).length;
        assert.ok(held >= 0 && held <= longest * LONGEST_SPELLING);
      }
    }),
    { numRuns: 1000 },
  );
});

test("row 90: a long text, of which two bytes are read in one step, holds what a short one does", () => {
  const value = "hunter2-K7+hunter2";
  const set = setOf([value]);
  const forms = encodedForms(value).map(({ bytes }) => bytes.toString("latin1"));
  const part = fc.oneof(
    fc.constantFrom(...forms),
    fc.constantFrom(...forms).chain((form) => fc.nat(form.length).map((length) => form.slice(0, length))),
    fc.constantFrom(...forms).map((form) => form.replace(/../g, "$&: ")),
    spelled(value),
    fc.constantFrom(" ", "\n", "%", "&", "+", "\\", "x"),
  );
  const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join("").slice(0, 500));
  fc.assert(
    fc.property(text, fc.constantFrom(600, 601), (short, lead) => {
      const alone = set.scan(Buffer.from(short, "latin1"));
      const long = set.scan(Buffer.from(" ".repeat(lead) + short, "latin1"));
      assert.deepEqual(
        long.matches.map(({ start, end }) => [start - lead, end - lead]),
        alone.matches.map(({ start, end }) => [start, end]),
      );
      assert.equal(long.safe - lead, alone.safe);
    }),
    { numRuns: 1000 },
  );
});
