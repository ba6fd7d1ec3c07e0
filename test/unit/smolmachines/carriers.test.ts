import assert from "node:assert/strict";
import { test } from "node:test";
import { CARRIER_BYTES, openCarriers } from "../../../src/backends/smolmachines/exec-way/carriers.ts";
import fc from "../../support/properties.ts";
import { carriedMachine, type Told } from "../../support/smolvm/carried-machine.ts";

const acts = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ act: fc.constant("say" as const), size: fc.integer({ min: 1, max: 16_393 }) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant("read" as const),
        which: fc.nat(3),
        size: fc.integer({ min: 1, max: 150_000 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ act: fc.constant("thank" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constant("kill" as const), which: fc.nat(3), on: fc.nat(CARRIER_BYTES) }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("end" as const), which: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("wait" as const) }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant("drain" as const) }) },
  ),
  // The library makes short ones unless told otherwise, in which few commands are used up.
  { minLength: 50, maxLength: 400, size: "max" },
);

test("whatever ends when, the machine hears each byte once, in order, and no command more than it can read", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  fc.assert(
    fc.property(acts, (list) => {
      const inside = carriedMachine({ fills: true });
      const said: Buffer[] = [];
      const waiting: Buffer[] = [];
      let failed: string | null = null;
      const carriers = openCarriers({
        first: inside.first,
        open: inside.open,
        next: () => {
          const frame = waiting.shift() ?? null;
          if (frame !== null) said.push(frame);
          return frame;
        },
        onFailed: (why) => {
          failed = why;
        },
      });
      const live = () => inside.told.filter(({ child, gone }) => child !== null && !gone);
      const leave = (one: Told | undefined, code: number | null) => {
        if (one === undefined || one.gone) return;
        one.gone = true;
        one.child?.emit("close", code);
      };
      let byte = 0;
      for (const step of list) {
        if (step.act === "say") {
          byte += 1;
          waiting.push(Buffer.alloc(step.size, byte));
          carriers.pump();
        } else if (step.act === "read") {
          const recent = inside.told.slice(-4);
          const one = recent[step.which % recent.length];
          if (one !== undefined) inside.read(one, step.size);
        } else if (step.act === "thank") {
          const more = inside.arrived();
          if (more > 0) assert.ok(carriers.arrived(more));
        } else if (step.act === "kill") {
          const one = live()[step.which % 4];
          if (one !== undefined) one.bytes = one.bytes.subarray(0, Math.max(one.read, step.on));
          leave(one, null);
        } else if (step.act === "end") {
          // Whose input has ended ends by itself, once all of it was handed on.
          const one = live().find((it) => it.ended && it.read === it.bytes.length);
          leave(one, 0);
        } else if (step.act === "wait") t.mock.timers.tick(20_000);
        else inside.drain();
        assert.ok(live().length <= 2, `${live().length} carriers live`);
      }
      // In the end everything comes.
      for (let turn = 0; turn < 1000 && failed === null; turn += 1) {
        for (const one of inside.told) inside.read(one, CARRIER_BYTES);
        const more = inside.arrived();
        if (more > 0) assert.ok(carriers.arrived(more));
        for (const one of live()) if (one.ended && one.read === one.bytes.length) leave(one, 0);
        t.mock.timers.tick(20_000);
        inside.drain();
        if (waiting.length === 0 && inside.taken().length === Buffer.concat(said).length) break;
      }
      if (failed === null) assert.ok(inside.taken().equals(Buffer.concat(said)), "the machine heard something else");
      else assert.match(failed, /^9 commands that carry it failed/);
      for (const { bytes, child } of inside.told) {
        assert.ok(bytes.length <= CARRIER_BYTES + (child === null ? 8 : 0), `${bytes.length} bytes in one command`);
      }
      carriers.close();
    }),
    { numRuns: 150 },
  );
});

test("a bottle that says little has one command; more are begun before they are needed", () => {
  const inside = carriedMachine();
  const waiting: Buffer[] = [];
  const carriers = openCarriers({
    first: inside.first,
    open: inside.open,
    next: () => waiting.shift() ?? null,
    onFailed: assert.fail,
  });
  const say = (bytes: number) => {
    for (let left = bytes; left > 0; left -= 16_384) waiting.push(Buffer.alloc(Math.min(left, 16_384)));
    carriers.pump();
  };
  say(CARRIER_BYTES / 2 - 1);
  assert.equal(inside.told.length, 1);
  say(1);
  assert.equal(inside.told.length, 2);
  assert.equal(inside.told[1]?.bytes.length, 0);
  say(CARRIER_BYTES / 2 + 1);
  assert.deepEqual(
    inside.told.map(({ bytes }) => bytes.length),
    [CARRIER_BYTES + 8, 9, 0],
  );
  carriers.close();
});

test("what was not said cannot arrive", () => {
  const inside = carriedMachine();
  const waiting = [Buffer.from("x")];
  const carriers = openCarriers({
    first: inside.first,
    open: inside.open,
    next: () => waiting.shift() ?? null,
    onFailed: assert.fail,
  });
  carriers.pump();
  assert.ok(!carriers.arrived(2));
});
