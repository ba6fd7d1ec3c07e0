import assert from "node:assert/strict";
import test from "node:test";
import { createLeakScanner } from "../../../src/core/leaks/leak-scanner.ts";
import { compileNeedles, createScrubber } from "../../../src/core/leaks/needles.ts";
import { createFrameRelay, type MessageFilter } from "../../../src/gateway/frame-relay.ts";
import { frame, MASK, messagesOf, readFrames } from "../../support/core/frames.ts";
import fc from "../../support/properties.ts";

const SECRET = "s3cr3t-Zq8vN3wR7tY1";
const reading = compileNeedles([{ name: "api", value: SECRET }]);
if (!reading.ok) throw new Error("the needle is too short");
const known = reading.set;

/** A text cut at these places; a place may be there twice, for an empty piece. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => text.slice(at[i], end));
}

/** Frames of messages: each in fragments, with a ping before each that says so. */
function framesOf(
  messages: readonly {
    readonly opcode: number;
    readonly text: string;
    readonly cuts: readonly number[];
    readonly ping: boolean;
  }[],
  mask: readonly number[] | null,
): Buffer {
  return Buffer.concat(
    messages.flatMap(({ opcode, text, cuts, ping }) => {
      const parts = cut(text, cuts);
      return parts.flatMap((payload, i) => [
        ...(ping ? [frame({ opcode: 9, payload: "p", mask })] : []),
        frame({ opcode: i === 0 ? opcode : 0, fin: i === parts.length - 1, payload, mask }),
      ]);
    }),
  );
}

function run(from: "client" | "server", filter: () => MessageFilter, bytes: Buffer, size: number) {
  const relay = createFrameRelay({ from, messageBytes: 1 << 20, filter });
  const out: Buffer[] = [];
  let stop: string | null = null;
  for (let at = 0; at < bytes.length; at += size) {
    const step = relay.push(bytes.subarray(at, at + size));
    assert.equal(stop !== null && step.out.length > 0, false, "nothing after a stop");
    out.push(step.out);
    stop = step.stop?.by ?? null;
  }
  const frames = readFrames(Buffer.concat(out));
  const length = frames.reduce((sum, { payload }) => sum + payload.length, 0);
  return { messages: messagesOf(frames), stop, frames, length, bytes: Buffer.concat(out) };
}

const words = fc.string({ unit: fc.constantFrom(..."abc s3cr-Zq\\%"), maxLength: 60 });
const message = (text: fc.Arbitrary<string>) =>
  fc.record({
    opcode: fc.constantFrom(1, 2),
    text,
    cuts: fc.array(fc.nat(200), { maxLength: 4 }),
    ping: fc.boolean(),
  });
const clean = words.filter((text) => known.scan(Buffer.from(text, "latin1")).matches.length === 0);
const dirty = fc.tuple(clean, clean).map(([before, after]) => `${before}${SECRET}${after}`);
const size = fc.constantFrom(1, 2, 7, 64, 10_000);

const scan = () => createLeakScanner({ known, canaries: null, patterns: false }, () => "stop");

test("rows 56, 117: clean messages arrive as they were, in whole masked frames, whatever fragments and pieces", () => {
  fc.assert(
    fc.property(fc.array(message(clean), { maxLength: 5 }), size, (messages, some) => {
      const bytes = framesOf(messages, MASK);
      const done = run("client", scan, bytes, some);
      assert.equal(done.stop, null);
      assert.deepEqual(
        done.messages.filter(({ opcode }) => opcode < 8),
        messages.map(({ opcode, text }) => ({ opcode, text })),
      );
      assert.equal(
        done.messages.filter(({ opcode }) => opcode === 9).length,
        messagesOf(readFrames(bytes)).filter(({ opcode }) => opcode === 9).length,
      );
      assert.ok(done.frames.every(({ masked }) => masked));
    }),
    { numRuns: 200 },
  );
});

test("rows 56, 117: of a secret in a message no byte goes on, whatever fragments and pieces it comes in", () => {
  fc.assert(
    fc.property(fc.array(message(clean), { maxLength: 3 }), message(dirty), size, (before, bad, some) => {
      const done = run("client", scan, framesOf([...before, bad, ...before], MASK), some);
      assert.equal(done.stop, "filter");
      const sent = Buffer.concat(done.frames.filter(({ opcode }) => opcode < 8).map(({ payload }) => payload));
      const wanted = before.map(({ text }) => text).join("") + bad.text.slice(0, bad.text.indexOf(SECRET));
      assert.ok(wanted.startsWith(sent.toString("latin1")), "only what stood before it");
    }),
    { numRuns: 300 },
  );
});

test("rows 56, 117: a mask covers the secret in the next frames, and the message keeps its length", () => {
  const mask = () => createLeakScanner({ known, canaries: null, patterns: false }, () => "mask");
  fc.assert(
    fc.property(message(dirty), size, (bad, some) => {
      const done = run("client", mask, framesOf([bad], MASK), some);
      const [text] = done.messages.filter(({ opcode }) => opcode < 8);
      assert.equal(text?.text.length, bad.text.length);
      assert.ok(!text?.text.includes(SECRET));
    }),
    { numRuns: 200 },
  );
});

test("rows 89, 90: what a server sends is scrubbed across fragments, in whole frames without mask", () => {
  fc.assert(
    fc.property(fc.array(message(fc.oneof(clean, dirty)), { maxLength: 4 }), size, (messages, some) => {
      const done = run("server", () => createScrubber(known), framesOf(messages, null), some);
      assert.equal(done.stop, null);
      const texts = done.messages.filter(({ opcode }) => opcode < 8).map(({ text }) => text);
      assert.deepEqual(
        texts.map(({ length }) => length),
        messages.map(({ text }) => text.length),
      );
      assert.ok(texts.every((text) => !text.includes(SECRET)));
      assert.ok(done.frames.every(({ masked }) => !masked));
    }),
    { numRuns: 200 },
  );
});
