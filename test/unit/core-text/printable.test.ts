import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableJson, printableLines } from "../../../src/core/wire/printable.ts";
import fc from "../../support/properties.ts";

const ANYTHING = fc.string({ unit: "binary", maxLength: 200 });

test("row 129: no control, bidirectional or zero-width character survives", () => {
  assert.equal(printable("a\u001b[2Jb\u202ec\u200bd\u0085"), "a\\x1b[2Jb\\u{202e}c\\u{200b}d\\x85");
  fc.assert(
    fc.property(ANYTHING, (text) => {
      assert.doesNotMatch(printable(text), /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
    }),
  );
});

test("row 129: what takes no room on a screen is shown: tags, fillers, soft hyphens", () => {
  assert.equal(printable("a\u{e0041}\u{e0fff}b\u00adc\u3164\u115f"), "a\\u{e0041}\\u{e0fff}b\\xadc\\u{3164}\\u{115f}");
});

test("ordinary text of any script stays as it is", () => {
  for (const text of ["plain ASCII", "Grüße", "日本語", "emoji 🎉 ❤️"]) assert.equal(printable(text), text);
});

test("a long text is cut", () => {
  assert.equal(printable("x".repeat(10), 4), "xxxx…");
});

test("printableLines keeps line feeds and tabs and nothing else", () => {
  assert.equal(printableLines("a\r\nb\tc\rd\u0007"), "a\nb\tc\\x0dd\\x07");
});

test("row 129: JSON holds nothing that moves a cursor, and says the same", () => {
  assert.equal(printableJson({ a: "\u009b31m\u202e\u{e0041}" }), '{"a":"\\u009b31m\\u202e\\udb40\\udc41"}');
  fc.assert(
    fc.property(ANYTHING, (text) => {
      const json = printableJson({ text, list: [text] }, 2);
      assert.doesNotMatch(json.replaceAll("\n", ""), /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
      assert.deepEqual(JSON.parse(json), { text, list: [text] });
    }),
  );
});
