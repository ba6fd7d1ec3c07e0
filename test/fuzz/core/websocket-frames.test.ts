import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { createFrameReader, type FrameEvent } from "../../../src/core/wire/websocket-frames.ts";
import { frame, readFrames, type WholeFrame } from "../../support/core/frames.ts";

const MESSAGE_BYTES = 5000;

interface Seen {
  readonly frames: readonly WholeFrame[];
  readonly problem: string | null;
}

/** What a reader sees, payloads joined, whatever the pieces were. */
function seen(pieces: Iterable<Uint8Array>): Seen {
  const reader = createFrameReader({ from: "client", messageBytes: MESSAGE_BYTES });
  const frames: WholeFrame[] = [];
  let parts: Uint8Array[] = [];
  let head: Extract<FrameEvent, { type: "frame" }> | null = null;
  let problem: string | null = null;
  for (const piece of pieces) {
    for (const event of reader.push(piece)) {
      assert.equal(problem, null, "a problem is the last event");
      if (event.type === "frame") {
        head = event;
        parts = [];
      } else if (event.type === "data") parts.push(event.bytes);
      else if (event.type === "problem") problem = event.why;
      else {
        assert.ok(head !== null);
        const payload = Buffer.concat(parts);
        assert.equal(payload.length, head.length);
        frames.push({ opcode: head.opcode, fin: head.fin, masked: true, payload });
      }
    }
  }
  return { frames, problem };
}

/** Pieces of the sizes given, over and over. */
function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const mask = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(125, 126, 127, 2000).map((length) => new Uint8Array(length).fill(7)),
);
const control = fc.record({
  opcode: fc.constantFrom(9, 10),
  mask,
  payload: fc.uint8Array({ maxLength: 125 }),
});
/** One message in fragments, with control frames between them. */
const message = fc
  .record({
    opcode: fc.constantFrom(1, 2),
    parts: fc.array(fc.record({ mask, payload, before: fc.array(control, { maxLength: 2 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .filter(({ parts }) => parts.reduce((sum, part) => sum + part.payload.length, 0) <= MESSAGE_BYTES)
  .map(({ opcode, parts }) =>
    parts.flatMap((part, i) => [
      ...part.before.map(frame),
      frame({ ...part, opcode: i === 0 ? opcode : 0, fin: i === parts.length - 1 }),
    ]),
  );
const conversation = fc.array(message, { maxLength: 5 }).map((messages) => Buffer.concat(messages.flat()));
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });

test("row 117: every valid conversation is read as a reader of the whole sees it, in any pieces", () => {
  fc.assert(
    fc.property(conversation, sizes, (bytes, some) => {
      const wanted: Seen = { frames: readFrames(bytes), problem: null };
      assert.deepEqual(seen(pieces(bytes, some)), wanted);
      assert.deepEqual(seen(pieces(bytes, [1])), wanted);
    }),
    { numRuns: 300 },
  );
});

const changes = fc.array(fc.record({ at: fc.nat(4000), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });
const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(conversation, changes).map(([bytes, some]) => {
    const out = Buffer.from(bytes);
    for (const { at, byte } of some) if (out.length > 0) out[at % out.length] = byte;
    return out;
  }),
);

test("row 117: of any bytes the same is read in any pieces, never more than a reader of the whole sees, nothing unmasked", () => {
  fc.assert(
    fc.property(garbage, sizes, (bytes, some) => {
      const whole = seen([bytes]);
      assert.deepEqual(seen(pieces(bytes, some)), whole);
      assert.deepEqual(seen(pieces(bytes, [1])), whole);
      const all = readFrames(bytes);
      assert.deepEqual(all.slice(0, whole.frames.length), whole.frames);
      if (whole.problem === null) assert.equal(all.length, whole.frames.length);
    }),
    { numRuns: 500 },
  );
});
