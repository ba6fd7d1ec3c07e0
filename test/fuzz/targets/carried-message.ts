import assert from "node:assert/strict";
import {
  CARRIED_PIECE,
  carriedLine,
  isCarriedLine,
  readCarriedMessage,
} from "../../../src/core/wire/carried-message.ts";
import { readHostMessage } from "../../../src/core/wire/host-message.ts";
import { readSidecarMessage } from "../../../src/core/wire/sidecar-message.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const sound = fc
  .tuple(fc.constantFrom("=", "+", ".", "!"), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }))
  .map(([sign, number, bytes]) => {
    const rest = sign === "=" ? ` ${Buffer.from(bytes).toString("base64")}` : sign === "+" ? ` ${bytes.length}` : "";
    return bytesOf(`${sign}${number}${rest}`);
  });

export const target: FuzzTarget = {
  name: "carried-message",
  promise: "rows 150, 153: of what is said about carried connections only what this program writes itself is taken",
  parsers: ["src/core/wire/carried-message.ts"],
  input: fc.oneof(
    sound,
    wordsOf(
      ["=", "+", ".", "!", "?", "{", "0", "1", "12", " ", "AAAA", "AB==", "AAA=", "-_", "\r", "1e3", "\u0000"],
      6,
    ),
  ),
  runs: 3000,
  check: (input) => {
    const message = readCarriedMessage(input);
    if (message === null) return false;
    assert.ok(isCarriedLine(input));
    assert.equal(carriedLine(message), input.toString("latin1"));
    if (message.type === "data") assert.ok(message.bytes.length > 0 && message.bytes.length <= CARRIED_PIECE);
    if (message.type === "took") assert.ok(message.count > 0);
    assert.deepEqual([readHostMessage(input), readSidecarMessage(input)], [null, null]);
    return true;
  },
};
