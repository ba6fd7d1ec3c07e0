import assert from "node:assert/strict";
import test from "node:test";
import { createFrameRelay, type MessageFilter } from "../../../src/gateway/frame-relay.ts";
import { frame, readFrames } from "../../support/core/frames.ts";

const asItIs: MessageFilter = { push: (bytes) => Buffer.from(bytes), flush: () => Buffer.alloc(0) };
const relayOf = (filter: () => MessageFilter = () => asItIs) =>
  createFrameRelay({ from: "client", messageBytes: 1 << 24, filter });

/** Opcode, whether it is the last, and length of each frame in `bytes`. */
const shapes = (bytes: Buffer) => readFrames(bytes).map(({ opcode, fin, payload }) => [opcode, fin, payload.length]);

test("a message in one frame stays in one, up to 256 KiB, and nothing of it goes on before it is whole", () => {
  const relay = relayOf();
  const bytes = frame({ opcode: 2, payload: Buffer.alloc(256 * 1024, 7) });
  assert.equal(relay.push(bytes.subarray(0, -1)).out.length, 0);
  assert.deepEqual(shapes(relay.push(bytes.subarray(-1)).out), [[2, true, 256 * 1024]]);
});

test("a larger frame becomes fragments, so that it is never kept whole", () => {
  const relay = relayOf();
  const size = 1024 * 1024;
  const bytes = frame({ opcode: 2, payload: Buffer.alloc(size, 7) });
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) out.push(relay.push(bytes.subarray(at, at + 16_384)).out);
  const seen = shapes(Buffer.concat(out));
  assert.deepEqual(
    seen.map(([opcode, fin]) => [opcode, fin]),
    [
      [2, false],
      [0, false],
      [0, false],
      [0, true],
    ],
  );
  assert.equal(
    seen.reduce((sum, [, , length]) => sum + Number(length), 0),
    size,
  );
});

test("empty messages, empty fragments and control frames go on at once", () => {
  const relay = relayOf();
  const sent = [
    frame({ opcode: 1 }),
    frame({ opcode: 9, payload: "p" }),
    frame({ opcode: 1, fin: false }),
    frame({ opcode: 10 }),
    frame({ opcode: 0, fin: false, payload: "a" }),
    frame({ opcode: 0 }),
  ];
  assert.deepEqual(
    sent.map((one) => shapes(relay.push(one).out)),
    // A fragment without bytes says nothing: the first that has some begins the message.
    [[[1, true, 0]], [[9, true, 1]], [], [[10, true, 0]], [[1, false, 1]], [[0, true, 0]]],
  );
});

test("what a filter holds back goes with the next fragment, and a ping between them does not wait", () => {
  const slow = (): MessageFilter => {
    let held = Buffer.alloc(0);
    return {
      push: (bytes) => {
        const all = Buffer.concat([held, bytes]);
        held = all.subarray(-2);
        return all.subarray(0, -2);
      },
      flush: () => held,
    };
  };
  const relay = relayOf(slow);
  const texts = (bytes: Buffer) => readFrames(bytes).map(({ opcode, fin, payload }) => `${opcode} ${fin} ${payload}`);
  assert.deepEqual(texts(relay.push(frame({ fin: false, payload: "hello" })).out), ["1 false hel"]);
  assert.deepEqual(texts(relay.push(frame({ opcode: 9, payload: "ping" })).out), ["9 true ping"]);
  assert.deepEqual(texts(relay.push(frame({ opcode: 0, payload: " you" })).out), ["0 true lo you"]);
});

test("row 117: after a stop nothing goes on, not even what came with it", () => {
  const stopping = (): MessageFilter => {
    let stopped = false;
    return {
      push: (bytes) => {
        stopped = Buffer.from(bytes).includes("bad");
        return stopped ? Buffer.alloc(0) : Buffer.from(bytes);
      },
      flush: () => Buffer.alloc(0),
      get stopped() {
        return stopped;
      },
    };
  };
  const relay = relayOf(stopping);
  const { out, stop } = relay.push(
    Buffer.concat([frame({ payload: "ok" }), frame({ payload: "bad" }), frame({ payload: "late" })]),
  );
  assert.deepEqual(shapes(out), [[1, true, 2]]);
  assert.deepEqual([stop?.by, stop?.code], ["filter", 1008]);
  const after = relay.push(frame({ payload: "more" }));
  assert.deepEqual([after.out.length, after.stop], [0, stop]);
});

test("row 123: an empty frame gets no filter, which costs far more than the two bytes of the frame", () => {
  let filters = 0;
  const relay = relayOf(() => {
    filters += 1;
    return asItIs;
  });
  const bytes = Buffer.concat([frame({ opcode: 9 }), frame({ payload: "", fin: false }), frame({ opcode: 0 })]);
  assert.deepEqual(shapes(relay.push(bytes).out), [
    [9, true, 0],
    [1, true, 0],
  ]);
  assert.equal(filters, 0);
});
