import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createWayReader,
  FRAME_HEAD,
  FRAME_PIECE,
  FRAME_WINDOW,
  type WayFrame,
  wayFrame,
} from "../../../src/core/wire/way-frames.ts";
import fc from "../../support/properties.ts";
import { wayFrames } from "../../support/way-frames.ts";

test("frames are read as they were written, however their bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(wayFrames, { maxLength: 8 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 20_000 })),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(wayFrame));
        const reader = createWayReader();
        const read: WayFrame[] = [];
        for (let at = 0; at < bytes.length; ) {
          const end = at + (cuts.next().value as number);
          const reading = reader.push(bytes.subarray(at, end));
          assert.equal(reading.problem, null);
          read.push(...reading.frames);
          at = end;
        }
        assert.deepEqual(
          read.map(({ type }) => type),
          frames.map(({ type }) => type),
        );
        assert.ok(Buffer.concat(read.map(wayFrame)).equals(bytes));
      },
    ),
  );
});

test("a piece of a bigger buffer is written alone", () => {
  const bytes = Buffer.from("abcdef").subarray(2, 4);
  assert.equal(wayFrame({ type: "data", connection: 1, bytes }).toString("latin1"), "\x02\0\0\0\x01\0\0\0\x02cd");
});

const head = (sign: number, connection: number, count: number) => {
  const bytes = Buffer.alloc(FRAME_HEAD);
  bytes[0] = sign;
  bytes.writeUInt32BE(connection, 1);
  bytes.writeUInt32BE(count, 5);
  return bytes;
};

const REFUSED: Readonly<Record<string, Buffer>> = {
  "no sign": head(0, 1, 0),
  "an unknown sign": head(7, 1, 0),
  text: Buffer.from("Error: something\n"),
  "no connection": head(1, 0, 0),
  "data of no length": head(2, 1, 0),
  "more than a piece": head(2, 1, FRAME_PIECE + 1),
  "thanks for nothing": head(3, 1, 0),
  "thanks for more than a window": head(3, 1, FRAME_WINDOW + 1),
  "a connection with a count": head(1, 1, 1),
  "an end with a count": head(4, 1, 1),
  "a drop with a count": head(5, 1, 1),
  "nothing that arrived": head(6, 0, 0),
  "an arrival of one connection": head(6, 1, 1),
};

for (const [what, bytes] of Object.entries(REFUSED)) {
  test(`row 153: ${what} is no frame, and nothing behind it is read`, () => {
    const reader = createWayReader();
    const before: WayFrame = { type: "open", connection: 9 };
    const reading = reader.push(Buffer.concat([wayFrame(before), bytes]));
    assert.deepEqual(reading.frames, [before]);
    assert.match(reading.problem ?? "", /^[a-z' ,]+$/);
    assert.deepEqual(reader.push(wayFrame(before)), { frames: [], problem: reading.problem });
  });
}
