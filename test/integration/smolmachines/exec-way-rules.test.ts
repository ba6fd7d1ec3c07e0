/** A machine whose relay is in somebody else's hands: what it says against the rules ends its way, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { accepting, openWayRig } from "../../support/smolvm/way-rig.ts";

const skip = skipWithout("root", "perl");

const SPOKEN: Readonly<Record<string, readonly [words: string, why: string]>> = {
  "no frame": ["pack('CNN', 99, 1, 0)", "an unknown sign"],
  "a connection out of its turn": ["pack('CNN', 1, 7, 0)", "a connection out of its turn"],
  "the same connection twice": ["pack('CNN', 1, 1, 0) x 2", "a connection out of its turn"],
  "data of a connection that is none": ["pack('CNN', 2, 5, 1) . 'x'", "words about a connection that is none"],
  "more data than there is room for": [
    "pack('CNN', 1, 1, 0) . (pack('CNN', 2, 1, 16384) . 'x' x 16384) x 100",
    "more data than there was room for",
  ],
  "data after the end": ["pack('CNNCNNCNN', 1, 1, 0, 4, 1, 0, 2, 1, 1) . 'x'", "data after the end"],
  "a second end": ["pack('CNNCNNCNN', 1, 1, 0, 4, 1, 0, 4, 1, 0)", "a second end"],
  "thanks for nothing": ["pack('CNNCNN', 1, 1, 0, 3, 1, 9)", "thanks for what it was not given"],
  "an arrival of what was not said": ["pack('CNN', 6, 0, 100)", "more arrived than was said"],
};

for (const [what, [words, why]] of Object.entries(SPOKEN)) {
  test(`row 153: ${what} ends the bottle's way, and nothing else`, { skip }, async () => {
    const relay = `$| = 1; print "ready\\n", ${words}; sleep 1000`;
    const rig = await openWayRig(
      accepting((socket) => void socket.pause()),
      { relay },
    );
    try {
      assert.equal(await rig.holder.ended, `the gateway's way into the machine broke: ${why}`);
    } finally {
      await rig.dispose();
    }
  });
}

test("row 153: who asks and never listens is not answered for ever", { skip }, async () => {
  const relay = `$| = 1; print "ready\\n"; print pack("CNN", 1, $_, 0) for 1 .. 20000; sleep 1000`;
  let most = 0;
  const gateway = accepting((socket) => {
    gateway.getConnections((_, count) => {
      most = Math.max(most, count);
    });
    socket.end(Buffer.alloc(1000));
  });
  const rig = await openWayRig(gateway, { relay });
  try {
    assert.match((await rig.holder.ended) ?? "", /does not read what it is told/);
    assert.ok(most <= 1024, `${most} connections`);
  } finally {
    await rig.dispose();
  }
});
