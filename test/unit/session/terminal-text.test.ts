import assert from "node:assert/strict";
import { test } from "node:test";
import { terminalText } from "../../../src/session/terminal-text.ts";
import fc from "../../support/properties.ts";

const HOSTILE =
  "one\u001b[31mred\u001b[0m\u001b]0;title\u0007two\u001b]52;c;aGk=\u001b\\three\u001bPq#0\u001b\\four\r\nfive";

test("row 129: colours, titles, clipboard writes and images are left out of an agent's output", () => {
  assert.equal(terminalText()(Buffer.from(HOSTILE)), "oneredtwothreefour\nfive");
});

test("row 129: the same at every split of the stream", () => {
  const bytes = Buffer.from(HOSTILE);
  for (let at = 0; at <= bytes.length; at++) {
    const clean = terminalText();
    assert.equal(
      clean(bytes.subarray(0, at)) + clean(bytes.subarray(at)),
      "oneredtwothreefour\nfive",
      `split at ${at}`,
    );
  }
});

test("no escape byte ever comes out, whatever goes in", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (pieces) => {
      const clean = terminalText();
      const shown = pieces.map((piece) => clean(Buffer.from(piece))).join("");
      assert.doesNotMatch(shown, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
  );
});
