import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { createLeakScanner } from "../../../src/core/leaks/leak-scanner.ts";
import { createDecodedScanner, DECODED_CAPS } from "../../../src/gateway/decoded-body.ts";
import { createSlicedScanner, inTurns } from "../../../src/gateway/sliced-scan.ts";
import { createTurns, type Turns } from "../../../src/gateway/turns.ts";

const SEARCH = { known: null, canaries: null, patterns: true };
const pass = () => "pass" as const;

/** Each character as the longest escape that is read. */
function escaped(text: string): string {
  return [...text].map((it) => `${"\\".repeat(4)}u{${it.charCodeAt(0).toString(16).padStart(14, "0")}}`).join("");
}

test("rows 107, 123: a body that could be one token for too long is refused, not kept in memory", async () => {
  const thrice = (text: string) => escaped(escaped(escaped(text)));
  const body = Buffer.from(thrice("-----BEGIN PRIVATE KEY-----\n") + thrice("A").repeat(300));
  const plain = createSlicedScanner(createLeakScanner(SEARCH, pass), createTurns());
  const packed = createDecodedScanner("gzip", SEARCH, pass, { ...DECODED_CAPS, ratio: 10_000 }, createTurns());
  for (const [scanner, bytes] of [
    [plain, body],
    [packed, gzipSync(body)],
  ] as const) {
    assert.equal((await scanner.push(bytes)).length, 0);
    assert.ok(scanner.stopped);
    assert.match(scanner.problem ?? "", /more than 1048576 bytes of .* could be one token/);
    scanner.close();
  }
});

test("row 123: what takes long goes on in another turn, whatever its length, and nothing is lost or swapped", async () => {
  let turn = 0;
  const turns: Turns = {
    take: async (work) => {
      turn += 1;
      return work();
    },
  };
  const chunk = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 0xff));
  const pieces: Uint8Array[] = [];
  const seen: number[] = [];
  await inTurns(turns, chunk, (piece) => {
    pieces.push(piece);
    seen.push(turn);
    const until = performance.now() + 5;
    while (performance.now() < until);
  });
  assert.deepEqual(Buffer.concat(pieces), chunk);
  assert.deepEqual(
    seen,
    pieces.map((_, i) => i + 1),
  );
});
