import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { type CarriedMessage, carriedLine, readCarriedMessage } from "../../../src/core/wire/carried-message.ts";
import { type CarriedSocket, carrySocket } from "../../../src/host/carried-socket.ts";
import { socketPair } from "../../../src/host/socket-pair.ts";
import { eventually } from "../../support/gateway/fixture.ts";

/** Two real sockets, `left` and `right`, whose middle is carried as lines in order, as on a stream. */
async function openCarried(t: TestContext) {
  const [left, farLeft] = await socketPair();
  const [right, farRight] = await socketPair();
  const said = { left: [] as CarriedMessage[], right: [] as CarriedMessage[] };
  const gone = { left: 0, right: 0 };
  const ends: { left?: CarriedSocket; right?: CarriedSocket } = {};
  let open = true;
  const to = (side: "left" | "right") => (message: CarriedMessage) => {
    const read = readCarriedMessage(Buffer.from(carriedLine(message)));
    assert.ok(read !== null);
    said[side === "left" ? "right" : "left"].push(
      read.type === "data" ? { ...read, bytes: Buffer.from(read.bytes) } : read,
    );
    setImmediate(() => {
      if (open) assert.equal(ends[side]?.take(read), true);
    });
  };
  ends.left = carrySocket(farLeft, 1, to("right"), () => {
    gone.left += 1;
  });
  ends.right = carrySocket(farRight, 1, to("left"), () => {
    gone.right += 1;
  });
  for (const socket of [left, right]) socket.on("error", () => {});
  t.after(() => {
    open = false;
    for (const socket of [left, right]) socket.destroy();
    ends.left?.destroy();
    ends.right?.destroy();
  });
  return { left, right, said, gone, ends: ends as Required<typeof ends> };
}

/** Reads to the end, without ending the socket's other direction as a loop over it would. */
function readAll(socket: Socket): Promise<string> {
  const hash = createHash("sha256");
  socket.on("data", (piece: Buffer) => hash.update(piece));
  socket.resume();
  return new Promise((resolve) => socket.once("end", () => resolve(hash.digest("hex"))));
}
const hashOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("a carried connection gives every byte in order, both ways at once, and ends as it was ended", async (t) => {
  const { left, right, gone } = await openCarried(t);
  const [there, back] = [randomBytes(5_000_003), randomBytes(3_000_001)];
  left.end(there);
  right.end(back);
  assert.deepEqual(await Promise.all([readAll(right), readAll(left)]), [hashOf(there), hashOf(back)]);
  await eventually(() => gone.left === 1 && gone.right === 1);
});

test("a side that has ended still gets what the other one says", async (t) => {
  const { left, right } = await openCarried(t);
  left.end("a question");
  assert.equal(await readAll(right), hashOf(Buffer.from("a question")));
  right.end("its answer");
  assert.equal(await readAll(left), hashOf(Buffer.from("its answer")));
});

test("what nobody reads does not fill the stream: a window is on its way, the rest waits", async (t) => {
  const { left, right, said } = await openCarried(t);
  right.pause();
  const bytes = randomBytes(8 << 20);
  left.end(bytes);
  const ahead = () => {
    const sum = (list: readonly CarriedMessage[], type: "data" | "took") =>
      list.reduce(
        (all, it) =>
          all + (it.type !== type ? 0 : it.type === "data" ? it.bytes.length : it.type === "took" ? it.count : 0),
        0,
      );
    return { sent: sum(said.left, "data"), open: sum(said.left, "data") - sum(said.right, "took") };
  };
  await eventually(() => ahead().open >= 256 << 10);
  // It stays so: several turns of everything that could still move.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(ahead().open <= (256 + 64) << 10, `${ahead().open} bytes are on their way`);
  assert.ok(ahead().sent < bytes.length / 4, `${ahead().sent} bytes were sent to who reads nothing`);
  assert.equal(await readAll(right), hashOf(bytes));
});

test("a connection that breaks at one end breaks at the other", async (t) => {
  const { left, right, gone } = await openCarried(t);
  left.write("x");
  await new Promise((resolve) => right.once("data", resolve));
  right.destroy();
  // The kernel tells who writes.
  left.write("y");
  left.end();
  await eventually(() => gone.left === 1 && gone.right === 1);
});

test("row 150: more than the window, bytes after the end and thanks for nothing are against the rules", async (t) => {
  const open = async () => {
    const [near, far] = await socketPair();
    const end = carrySocket(
      far,
      1,
      () => {},
      () => {},
    );
    t.after(() => {
      near.destroy();
      end.destroy();
    });
    return end;
  };
  const bytes = Buffer.alloc(48 << 10);
  const first = await open();
  assert.equal(first.take({ type: "took", connection: 1, count: 1 }), false);
  const second = await open();
  let taken = 0;
  // Without a turn in between nothing is handed on: so much is owed.
  while (second.take({ type: "data", connection: 1, bytes })) taken += bytes.length;
  assert.ok(taken <= 512 << 10, `${taken} bytes were held`);
  const third = await open();
  assert.equal(third.take({ type: "end", connection: 1 }), true);
  assert.equal(third.take({ type: "end", connection: 1 }), false);
  assert.equal(third.take({ type: "data", connection: 1, bytes }), false);
});
