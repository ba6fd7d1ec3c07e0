import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compilePatterns, compileStrictPatterns, MAX_TOKEN_BYTES } from "../../../src/core/leaks/patterns.ts";
import { scanInPieces } from "../../support/leaks/pieces.ts";

const strict = compileStrictPatterns();

for (const format of FORMATS) {
  test(`rows 105, 108: ${format.id} is found at every cut, alone, in JSON and in a header`, () => {
    const set = compilePatterns([format]);
    for (const sample of format.samples()) {
      for (const text of [sample, JSON.stringify({ key: `a\n${sample}\nb` }), `x-key: ${sample}\r\n`]) {
        const bytes = Buffer.from(text);
        const whole = set.scan(bytes, true).matches;
        assert.equal(whole.length, 1, `${format.id} in ${text}`);
        for (let cut = 0; cut <= bytes.length; cut += bytes.length > 400 ? 97 : 1) {
          const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
          assert.deepEqual(scanInPieces(set, pieces).matches, whole, `${format.id} cut at ${cut}`);
        }
      }
    }
  });
}

test("row 105: a token is found between any two texts that do not go on with it", () => {
  const before = ["", " ", "\n", '"', "'", "=", ": ", "&", ",", "\0", "\\n", "%0a", "(", "[", "{", ">", "\u001b[31m"];
  const after = ["", " ", "\n", '"', "&", ")", ",", "\0", "\\n", "<", "]", "}"];
  for (const format of FORMATS) {
    for (const sample of format.samples().filter(({ length }) => length < 1000)) {
      for (const left of before) {
        for (const right of after) {
          const bytes = Buffer.from(`${left}${sample}${right}`);
          const found = strict.scan(bytes, true).matches.filter((match) => match.format === format.id);
          assert.equal(found.length, 1, `${format.id}: ${bytes}`);
        }
      }
    }
  }
});

test("rows 108, 123: nothing is held back for longer than the longest token, and nothing of a long key is let out", () => {
  const key =
    FORMATS.find(({ id }) => id === "private-key")
      ?.samples()
      .at(-1) ?? "";
  assert.ok(key.length > MAX_TOKEN_BYTES);
  const bytes = Buffer.from(`before ${key} after`);
  for (const size of [1, 7, 1000, 5000, 20_000]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
    const { masked, held } = scanInPieces(strict, pieces);
    const body = key.split("\n").slice(1, -1);
    assert.ok(held <= MAX_TOKEN_BYTES);
    assert.equal(masked.length, bytes.length);
    assert.ok(masked.toString().startsWith("before ****") && masked.toString().endsWith(" after"));
    for (const line of body) assert.ok(!masked.includes(line.slice(0, 8)));
  }
});

test("row 108: what a long token ends with is not read a second time as the name of a value", () => {
  const token =
    FORMATS.find(({ id }) => id === "jwt")
      ?.samples()
      .at(-1) ?? "";
  const value = FORMATS.find(({ id }) => id === "assigned-secret")?.samples()[0] ?? "";
  assert.ok(token.length > MAX_TOKEN_BYTES && value.startsWith("secret="));
  const bytes = Buffer.from(`${token}${value} and what follows it`);
  const whole = strict.scan(bytes, true).matches;
  assert.equal(whole.length, 1);
  for (let cut = token.length - 20; cut < bytes.length; cut++) {
    assert.deepEqual(scanInPieces(strict, [bytes.subarray(0, cut), bytes.subarray(cut)]).matches, whole, `${cut}`);
  }
});

test("a token has one fingerprint wherever it stands, a key however its lines are broken, and two tokens have two", () => {
  const seen = new Map<string, string>();
  for (const { id, samples } of FORMATS) {
    for (const sample of samples()) {
      const of = (text: string) =>
        strict.scan(Buffer.from(text), true).matches.find(({ format }) => format === id)?.fingerprint ?? "";
      const fingerprint = of(sample);
      assert.match(fingerprint, /^[0-9a-f]{16}$/);
      assert.ok(!sample.includes(fingerprint));
      assert.equal(of(`before "${sample}" after`), fingerprint, id);
      if (id === "private-key") assert.equal(of(JSON.stringify(sample)), fingerprint);
      seen.set(fingerprint, sample);
    }
  }
  // The two values of one length that a variable's format shows are one token.
  const samples = new Set(FORMATS.flatMap((format) => format.samples()));
  assert.ok(seen.size >= FORMATS.length && seen.size <= samples.size);
});
