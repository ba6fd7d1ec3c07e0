import assert from "node:assert/strict";
import test from "node:test";
import { inTurns } from "../../../src/gateway/sliced-scan.ts";
import type { Turns } from "../../../src/gateway/turns.ts";

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
