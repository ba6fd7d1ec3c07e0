import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  CARRIED_PIECE,
  type CarriedMessage,
  carriedLine,
  isCarriedLine,
  readCarriedMessage,
} from "../../../src/core/wire/carried-message.ts";

const messages: readonly CarriedMessage[] = [
  { type: "data", connection: 1, bytes: Buffer.from([0]) },
  { type: "data", connection: 999_999, bytes: randomBytes(CARRIED_PIECE) },
  { type: "took", connection: 12, count: 1 },
  { type: "took", connection: 0, count: 262_144 },
  { type: "end", connection: 3 },
  { type: "drop", connection: 4 },
];

for (const message of messages) {
  test(`a carried ${message.type} of connection ${message.connection} is read as it was written`, () => {
    const line = Buffer.from(carriedLine(message));
    assert.ok(isCarriedLine(line));
    assert.ok(!line.includes("\n"));
    assert.deepEqual(readCarriedMessage(line), message);
  });
}

test("a piece of a bigger buffer is written alone", () => {
  const whole = Buffer.from("abcdef");
  const line = carriedLine({ type: "data", connection: 1, bytes: whole.subarray(2, 4) });
  assert.equal(line, `=1 ${Buffer.from("cd").toString("base64")}`);
});

const REFUSED: Readonly<Record<string, string>> = {
  nothing: "",
  "a sign alone": "=",
  "no number": "= AAAA",
  "a number with a zero before": "=01 AAAA",
  "a number below zero": "=-1 AAAA",
  "a number that is too long": "=1234567890123456 AAAA",
  "no data": "=1 ",
  "no space": "=1AAAA",
  "data that is no base64": "=1 A*AA",
  "data without its padding": "=1 AAA",
  "data with bits that nobody wrote": "=1 AB==",
  "data in the alphabet of URLs": "=1 -_-_",
  "data with a line's end": "=1 AAAA\r",
  "more than a piece": `=1 ${Buffer.alloc(CARRIED_PIECE + 1).toString("base64")}`,
  "nothing taken": "+1 0",
  "less than nothing taken": "+1 -5",
  "a count in another notation": "+1 1e3",
  "a count with a zero before": "+1 01",
  "an end with more": ".1 AAAA",
  "an end with a space": ".1 ",
  "a drop with more": "!1x",
  "another sign": "?1",
};
for (const [what, line] of Object.entries(REFUSED)) {
  test(`row 153: ${what} is no word about a connection`, () => {
    assert.equal(readCarriedMessage(Buffer.from(line)), null);
  });
}
