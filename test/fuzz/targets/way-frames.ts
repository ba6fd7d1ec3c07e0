import assert from "node:assert/strict";
import {
  createWayReader,
  FRAME_HEAD,
  FRAME_PIECE,
  FRAME_WINDOW,
  type WayFrame,
  wayFrame,
} from "../../../src/core/wire/way-frames.ts";
import { cutInWays, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";
import { wayFrames } from "../../support/way-frames.ts";

/** Bytes of frames, some with a byte changed. */
const bytes = fc
  .tuple(fc.array(wayFrames, { maxLength: 6 }), fc.option(fc.tuple(fc.nat(200), fc.nat(255))), fc.nat(12))
  .map(([frames, change, cut]) => {
    const all = Buffer.concat(frames.map(wayFrame));
    if (change !== null && change[0] < all.length) all[change[0]] = change[1];
    return all.subarray(0, all.length - (cut < 6 ? 0 : cut - 6));
  });

function readAll(pieces: readonly Uint8Array[]): { frames: readonly WayFrame[]; problem: string | null } {
  const reader = createWayReader();
  const frames: WayFrame[] = [];
  let problem: string | null = null;
  for (const piece of pieces) {
    const reading = reader.push(piece);
    assert.ok(problem === null || reading.frames.length === 0, "frames behind a problem");
    frames.push(...reading.frames);
    problem = reading.problem;
  }
  return { frames, problem };
}

export const target: FuzzTarget = {
  name: "way-frames",
  promise:
    "row 153: of what a machine says about connections only frames are taken, the same however the bytes are cut",
  parsers: ["src/core/wire/way-frames.ts"],
  input: bytes,
  runs: 3000,
  check: (input) => {
    const [whole, ...others] = cutInWays(input).map(readAll);
    assert.ok(whole !== undefined);
    for (const other of others) {
      assert.equal(other.problem, whole.problem);
      assert.ok(Buffer.concat(other.frames.map(wayFrame)).equals(Buffer.concat(whole.frames.map(wayFrame))));
    }
    const taken = Buffer.concat(whole.frames.map(wayFrame));
    assert.ok(taken.equals(input.subarray(0, taken.length)));
    const rest = input.length - taken.length;
    if (whole.problem === null) assert.ok(rest < FRAME_HEAD + FRAME_PIECE, `${rest} bytes are kept`);
    for (const frame of whole.frames) {
      if (frame.type === "data") assert.ok(frame.bytes.length > 0 && frame.bytes.length <= FRAME_PIECE);
      if (frame.type === "took") assert.ok(frame.count > 0 && frame.count <= FRAME_WINDOW);
      if (frame.type === "read") assert.ok(frame.count > 0);
      else assert.ok(frame.connection > 0);
    }
    return whole.frames.length > 0;
  },
};
