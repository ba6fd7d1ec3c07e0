import assert from "node:assert/strict";
import test from "node:test";
import {
  closePayload,
  createFrameReader,
  encodeFrame,
  type FrameEvent,
} from "../../../src/core/wire/websocket-frames.ts";
import { type FrameWish, frame, MASK, readFrames } from "../../support/core/frames.ts";

const read = (bytes: Uint8Array, from: "client" | "server" = "client", messageBytes = 1000): readonly FrameEvent[] =>
  createFrameReader({ from, messageBytes }).push(bytes);

const problemOf = (events: readonly FrameEvent[]) => {
  const last = events.at(-1);
  return last?.type === "problem" ? { code: last.code, why: last.why } : null;
};

test("row 117: the examples of RFC 6455 section 5.7 are read", () => {
  const masked = Buffer.from("818537fa213d7f9f4d5158", "hex");
  assert.deepEqual(read(masked), [
    { type: "frame", opcode: 1, fin: true, length: 5 },
    { type: "data", bytes: new Uint8Array(Buffer.from("Hello")) },
    { type: "end" },
  ]);
  const fragments = Buffer.from("010348656c80026c6f", "hex");
  assert.deepEqual(
    read(fragments, "server").map((event) =>
      event.type === "data" ? Buffer.from(event.bytes).toString() : event.type,
    ),
    ["frame", "Hel", "end", "frame", "lo", "end"],
  );
});

const LIMIT = 1000;
const LONG = "x".repeat(200);
const WRONG: readonly (readonly [what: string, wishes: readonly FrameWish[], why: RegExp, code?: number])[] = [
  ["a first reserved bit (compression)", [{ rsv: 4 }], /reserved bit/],
  ["a second reserved bit", [{ rsv: 2 }], /reserved bit/],
  ["a third reserved bit", [{ rsv: 1 }], /reserved bit/],
  ["a reserved bit on a continuation", [{ fin: false }, { opcode: 0, rsv: 4 }], /reserved bit/],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`opcode ${opcode}`, [{ opcode }], /reserved opcode/] as const,
  ),
  ["no mask", [{ mask: null, payload: "x" }], /without mask/],
  ["no mask on a ping", [{ opcode: 9, mask: null }], /without mask/],
  ["a ping in fragments", [{ opcode: 9, fin: false }], /control frame in fragments/],
  ["a Close in fragments", [{ opcode: 8, fin: false }], /control frame in fragments/],
  ["a ping of 126 bytes", [{ opcode: 9, payload: "x".repeat(126) }], /more than 125/],
  ["a pong with a length in 8 bytes", [{ opcode: 10, payload: "x", form: 64 }], /more than 125/],
  ["half a close code", [{ opcode: 8, payload: "x" }], /half a code/],
  ["a continuation of nothing", [{ opcode: 0 }], /continuation of nothing/],
  ["a continuation after the end", [{ fin: false }, { opcode: 0 }, { opcode: 0 }], /continuation of nothing/],
  ["a message inside another", [{ fin: false }, { opcode: 2 }], /inside another/],
  ["a length of 2 bytes that fits 7 bits", [{ payload: "x", form: 16 }], /shortest/],
  ["a length of 8 bytes that fits 2", [{ payload: LONG, form: 64 }], /shortest/],
  ["a length with the first bit set", [{ says: 1n << 63n, form: 64 }], /shortest|too great/],
  ["a length beyond 2^53", [{ says: 1n << 60n, form: 64 }], /too great/],
  ["a frame beyond the bound", [{ says: LIMIT + 1 }], /more than 1000 bytes/, 1009],
  [
    "fragments beyond the bound",
    Array.from({ length: 6 }, (_, i) => ({ opcode: i === 0 ? 1 : 0, fin: false, payload: LONG })),
    /more than 1000 bytes/,
    1009,
  ],
  ["anything behind a Close", [{ opcode: 8 }, { payload: "late" }], /behind a Close/],
  ["a ping behind a Close", [{ opcode: 8 }, { opcode: 9 }], /behind a Close/],
];

for (const [what, wishes, why, code = 1002] of WRONG) {
  test(`row 117: a client's frames with ${what} are refused, in any pieces`, () => {
    const bytes = Buffer.concat(wishes.map(frame));
    const whole = problemOf(read(bytes));
    assert.match(whole?.why ?? "none", why);
    assert.equal(whole?.code, code);
    const reader = createFrameReader({ from: "client", messageBytes: LIMIT });
    const slowly = [...bytes].flatMap((byte) => reader.push(Buffer.from([byte])));
    assert.deepEqual(problemOf(slowly), whole);
    assert.deepEqual(reader.push(frame({ payload: "more" })), [], "nothing after a problem");
  });
}

test("row 117: a server's masked frame is refused", () => {
  assert.match(problemOf(read(frame({ payload: "x" }), "server"))?.why ?? "", /masked frame of a server/);
});

test("row 117: a wrong frame is refused at its first byte, before its length is known", () => {
  assert.notEqual(problemOf(read(Buffer.from([0xc1]))), null);
  assert.notEqual(problemOf(read(Buffer.from([0x81, 0x01]))), null);
});

test("row 117: control frames between fragments leave the message open", () => {
  const frames = [
    frame({ fin: false, payload: "a" }),
    frame({ opcode: 9, payload: "p" }),
    frame({ opcode: 0, payload: "b" }),
  ];
  const events = read(Buffer.concat(frames));
  assert.equal(problemOf(events), null);
  assert.deepEqual(
    events.flatMap((event) => (event.type === "data" ? Buffer.from(event.bytes).toString() : [])),
    ["a", "p", "b"],
  );
});

test("the bound counts a message, not a connection", () => {
  const many = Buffer.concat(Array.from({ length: 20 }, () => frame({ payload: LONG })));
  assert.equal(problemOf(read(many)), null);
});

for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
  test(`a frame of ${length} bytes is written as RFC 6455 wants it`, () => {
    const payload = Buffer.alloc(length, 0x61);
    for (const mask of [null, MASK]) {
      const written = encodeFrame({ opcode: 2, fin: true, payload }, mask === null ? null : Buffer.from(mask));
      assert.deepEqual(written, frame({ opcode: 2, payload, mask }));
      assert.deepEqual(readFrames(written), [{ opcode: 2, fin: true, masked: mask !== null, payload }]);
    }
  });
}

test("the reason of a Close is cut between characters", () => {
  assert.deepEqual(closePayload(1008, "no"), Buffer.from([3, 240, 0x6e, 0x6f]));
  const long = closePayload(1008, `${"x".repeat(122)}é`);
  assert.equal(long.length, 124);
  assert.equal(closePayload(1008, "é".repeat(100)).subarray(2).toString("utf8"), "é".repeat(61));
});
