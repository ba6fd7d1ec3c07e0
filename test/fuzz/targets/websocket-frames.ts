import assert from "node:assert/strict";
import { createFrameReader, type FrameEvent } from "../../../src/core/wire/websocket-frames.ts";
import { frame, readFrames, type WholeFrame } from "../../support/core/frames.ts";
import { cutInWays, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const MESSAGE_BYTES = 1500;

interface Seen {
  readonly frames: readonly string[];
  readonly problem: string | null;
}

const inWords = ({ opcode, fin, masked, payload }: WholeFrame) =>
  `${opcode} ${fin} ${masked} ${payload.toString("latin1")}`;

/** What a reader sees, payloads joined, whatever the pieces were. */
function seen(pieces: readonly Uint8Array[]): Seen {
  const reader = createFrameReader({ from: "client", messageBytes: MESSAGE_BYTES });
  const frames: string[] = [];
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
        frames.push(inWords({ opcode: head.opcode, fin: head.fin, masked: true, payload }));
      }
    }
  }
  return { frames, problem };
}

const mask = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(125, 126, 127, 700).map((length) => new Uint8Array(length).fill(7)),
);
const control = fc.record({ opcode: fc.constantFrom(9, 10), mask, payload: fc.uint8Array({ maxLength: 125 }) });
/** One message in fragments, with control frames between them. */
const message = fc
  .record({
    opcode: fc.constantFrom(1, 2),
    parts: fc.array(fc.record({ mask, payload, before: fc.array(control, { maxLength: 2 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ opcode, parts }) =>
    parts.flatMap((part, i) => [
      ...part.before.map(frame),
      frame({ ...part, opcode: i === 0 ? opcode : 0, fin: i === parts.length - 1 }),
    ]),
  );
const conversation = fc.array(message, { maxLength: 5 }).map((messages) => Buffer.concat(messages.flat()));
const changes = fc.array(fc.record({ at: fc.nat(4000), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });

export const target: FuzzTarget = {
  name: "websocket-frames",
  promise:
    "row 117: frames are read as a reader of the whole sees them, in any pieces; what is refused is refused in any pieces",
  parsers: ["src/core/wire/websocket-frames.ts"],
  input: fc.oneof(
    conversation,
    fc.tuple(conversation, changes).map(([bytes, some]) => {
      const out = Buffer.from(bytes);
      for (const { at, byte } of some) if (out.length > 0) out[at % out.length] = byte;
      return out;
    }),
    fc.uint8Array({ maxLength: 300 }),
  ),
  runs: 3000,
  check: (input) => {
    const whole = seen([input]);
    for (const pieces of cutInWays(input).slice(1)) assert.deepEqual(seen(pieces), whole);
    const all = readFrames(input).map(inWords);
    assert.deepEqual(all.slice(0, whole.frames.length), whole.frames, "nothing is seen that is not there");
    if (whole.problem === null) assert.equal(all.length, whole.frames.length, "nothing is lost");
    return whole.frames.length > 0 && whole.problem === null;
  },
};
