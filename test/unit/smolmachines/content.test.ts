import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, gunzipSync } from "node:zlib";
import { type Source, storedGzip } from "../../../src/backends/smolmachines/image/content.ts";
import fc from "../../support/properties.ts";

const BLOCK = 0xffff;

/** Bytes that tell where they stand, handed out in pieces of `step`. */
function sourceOf(size: number, step: number): { readonly bytes: Buffer; readonly source: Source } {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  const source: Source = {
    size,
    read: async function* (from, to) {
      for (let at = from; at < to; at += step) yield bytes.subarray(at, Math.min(at + step, to));
    },
  };
  return { bytes, source };
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of pieces) {
    assert.ok(piece.length > 0);
    found.push(piece);
  }
  return Buffer.concat(found);
}

const around = fc
  .tuple(fc.nat(3), fc.integer({ min: -2, max: 2 }))
  .map(([blocks, more]) => Math.max(0, blocks * BLOCK + more));

test("gzip that compresses nothing is gzip of any content, and any part of it is had from its place", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(around, fc.nat(200_000)),
      fc.integer({ min: 1000, max: 100_000 }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }),
      async (size, step, parts) => {
        const { bytes, source } = sourceOf(size, step);
        const gzip = storedGzip(source, crc32(bytes));
        const whole = await all(gzip.read(0, gzip.size));
        assert.equal(whole.length, gzip.size);
        assert.ok(gunzipSync(whole).equals(bytes));
        assert.ok(gzip.size <= size + 23 + 5 * Math.ceil(size / BLOCK));
        for (const [one, other] of parts) {
          const from = one % gzip.size;
          const to = from + 1 + (other % (gzip.size - from));
          assert.ok((await all(gzip.read(from, to))).equals(whole.subarray(from, to)), `${from} to ${to} of ${size}`);
        }
      },
    ),
    { numRuns: 40 },
  );
});
