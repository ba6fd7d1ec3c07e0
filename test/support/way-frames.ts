import type { Arbitrary } from "fast-check";
import { FRAME_PIECE, FRAME_WINDOW, type WayFrame } from "../../src/core/wire/way-frames.ts";
import fc from "./properties.ts";

const connection = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const sizes = fc.oneof(
  { weight: 49, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(FRAME_PIECE - 1, FRAME_PIECE) },
);

/** Any frame. */
export const wayFrames: Arbitrary<WayFrame> = fc.oneof(
  fc.record({ type: fc.constant("open" as const), connection }),
  fc.record({ type: fc.constant("end" as const), connection }),
  fc.record({ type: fc.constant("drop" as const), connection }),
  fc.record({ type: fc.constant("took" as const), connection, count: fc.integer({ min: 1, max: FRAME_WINDOW }) }),
  fc.record({ type: fc.constant("read" as const), count: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }),
  fc.record({
    type: fc.constant("data" as const),
    connection,
    bytes: fc.tuple(sizes, fc.nat(255)).map(([size, byte]) => Buffer.alloc(size, byte)),
  }),
);
