/** What is said again when a carrier fails: what may be lost, and nothing else. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CARRIER_BYTES, openCarriers } from "../../../src/backends/smolmachines/exec-way/carriers.ts";
import { carriedMachine, type Told } from "../../support/smolvm/carried-machine.ts";

/** Where each begins, in bytes. */
const HEAD = 8;

/** The first one is used up to its end, and the second one has `count` more bytes; a third one is there. */
function opened(t: TestContext, count: number) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const inside = carriedMachine();
  const waiting: Buffer[] = [];
  const failures: string[] = [];
  const carriers = openCarriers({
    first: inside.first,
    open: inside.open,
    next: () => waiting.shift() ?? null,
    onFailed: (why) => failures.push(why),
  });
  t.after(() => carriers.close());
  const say = (bytes: number) => {
    for (let left = bytes; left > 0; left -= 16_384) waiting.push(Buffer.alloc(Math.min(left, 16_384), 7));
    carriers.pump();
  };
  say(CARRIER_BYTES + count);
  const one = (index: number): Told => {
    const told = inside.told[index];
    assert.ok(told !== undefined, `there is no command ${index}`);
    return told;
  };
  return {
    inside,
    carriers,
    say,
    failures,
    one,
    ends: (index: number, code: number | null) => void one(index).child?.emit("close", code),
    later: () => t.mock.timers.tick(20_000),
    /** Of each command: where it begins, and how many bytes of the stream it was told. */
    told: () =>
      inside.told.map(({ bytes }) =>
        bytes.length < HEAD ? null : [Number(bytes.readBigUInt64BE()), bytes.length - HEAD],
      ),
  };
}

test("one that fails: what did not arrive is said again by the next one", (t) => {
  for (const code of [1, 0, null]) {
    t.mock.timers.reset();
    const here = opened(t, 1000);
    assert.ok(here.carriers.arrived(CARRIER_BYTES + 300));
    // 0 too: its input had not ended.
    here.ends(1, code);
    here.later();
    here.say(1);
    assert.deepEqual(here.told().slice(1, 3), [
      [CARRIER_BYTES, 1000],
      [CARRIER_BYTES + 300, 701],
    ]);
  }
});

test("what arrives late, after its carrier failed, is not said again", (t) => {
  const here = opened(t, 1000);
  here.carriers.arrived(CARRIER_BYTES);
  here.one(2).stalls = true;
  here.ends(1, 1);
  here.carriers.arrived(400);
  assert.deepEqual(here.told()[2], [CARRIER_BYTES + 400, 0]);
});

test("what arrives while another one has begun to say it again: a third one says the rest, at its place", (t) => {
  const here = opened(t, 1000);
  here.carriers.arrived(CARRIER_BYTES);
  here.one(2).stalls = true;
  here.ends(1, 1);
  here.later();
  assert.deepEqual(here.told()[2], [CARRIER_BYTES, 0]);
  here.carriers.arrived(400);
  here.one(2).stalls = false;
  here.inside.drain();
  assert.deepEqual(here.told().slice(2), [
    [CARRIER_BYTES, 0],
    [CARRIER_BYTES + 400, 600],
  ]);
  assert.ok(here.one(2).ended);
});

test("one that fails when all it was told has arrived: nothing is said again, and it is told nothing more", (t) => {
  const here = opened(t, 1000);
  here.carriers.arrived(CARRIER_BYTES + 1000);
  here.ends(1, 1);
  here.later();
  here.say(10);
  assert.deepEqual(here.told().slice(1, 3), [
    [CARRIER_BYTES, 1000],
    [CARRIER_BYTES + 1000, 10],
  ]);
});

test("one that was used up and fails when its bytes have arrived stops nobody who goes on", (t) => {
  const here = opened(t, CARRIER_BYTES - HEAD + 1000);
  here.carriers.arrived(2 * CARRIER_BYTES - HEAD);
  here.ends(1, 1);
  here.later();
  here.say(10);
  assert.deepEqual(here.told().slice(1), [
    [CARRIER_BYTES, CARRIER_BYTES - HEAD],
    [2 * CARRIER_BYTES - HEAD, 1010],
    null,
  ]);
});

test("one that was used up and fails: what did not arrive is said again, and the one after it is told nothing more", (t) => {
  const here = opened(t, CARRIER_BYTES - HEAD + 1000);
  here.carriers.arrived(CARRIER_BYTES + 100);
  here.ends(1, 1);
  here.later();
  assert.deepEqual(here.told().slice(2), [
    [2 * CARRIER_BYTES - HEAD, 1000],
    [CARRIER_BYTES + 100, CARRIER_BYTES - HEAD],
  ]);
  assert.ok(here.one(2).ended);
});

test("one that was used up and ends well has handed all on, whether it was heard of or not", (t) => {
  const here = opened(t, CARRIER_BYTES - HEAD + 1000);
  assert.ok(here.one(1).ended, "its input ends when it is used up");
  assert.ok(!here.one(0).ended, "the holder's never does");
  here.ends(1, 0);
  here.later();
  here.say(10);
  assert.deepEqual(here.told().slice(2), [[2 * CARRIER_BYTES - HEAD, 1010], null]);
});

test("one that fails before it was told anything is replaced, and nothing is said again", (t) => {
  const here = opened(t, 1000);
  here.ends(2, 1);
  here.later();
  here.say(CARRIER_BYTES - HEAD);
  assert.deepEqual(here.told().slice(1, 4), [
    [CARRIER_BYTES, CARRIER_BYTES - HEAD],
    null,
    [2 * CARRIER_BYTES - HEAD, 1000],
  ]);
});

test("each that fails counts once, and those before something arrived do not count", (t) => {
  const here = opened(t, 1000);
  const fail = (times: number) => {
    for (let count = 0; count < times; count += 1) {
      here.inside.told.at(-1)?.child?.emit("error", new Error("it cannot begin"));
      here.ends(here.inside.told.length - 1, null);
      here.later();
    }
  };
  fail(8);
  here.carriers.arrived(1);
  fail(8);
  assert.deepEqual(here.failures, []);
  fail(1);
  assert.match(here.failures.join(), /^9 commands that carry it failed/);
});

test("a full input is told nothing more until there is room", (t) => {
  const here = opened(t, 1000);
  here.one(1).stalls = true;
  here.say(10);
  here.say(10);
  assert.deepEqual(here.told()[1], [CARRIER_BYTES, 1010]);
  assert.ok(!here.carriers.arrived(CARRIER_BYTES + 1011), "what waits cannot have arrived");
});

test("a full input that has room again is told the rest", (t) => {
  const here = opened(t, 1000);
  here.one(1).stalls = true;
  here.say(10);
  here.say(10);
  here.one(1).stalls = false;
  here.inside.drain();
  assert.deepEqual(here.told()[1], [CARRIER_BYTES, 1020]);
});
