import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { openExecWay } from "../../../src/backends/smolmachines/exec-way.ts";
import { type WayFrame, wayFrame } from "../../../src/core/wire/way-frames.ts";
import { cutsOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";
import { wayFrames } from "../../support/way-frames.ts";

/** Connections in their turn and words about them, now and then any frame. */
const input = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 16_384 }),
      wayFrames,
    ),
    { maxLength: 40 },
  )
  .map((steps) => {
    let last = 0;
    const frames = steps.map(([kind, near, size, other]): WayFrame => {
      const connection = Math.max(1, last - near + 1);
      if (kind < 3) {
        last += 1;
        return { type: "open", connection: last };
      }
      if (kind < 6) return { type: "data", connection, bytes: Buffer.alloc(size, near) };
      if (kind === 6) return { type: "end", connection };
      if (kind === 7) return { type: "drop", connection };
      return kind === 8 && size > 8000 ? other : { type: "took", connection, count: 1 + (size % 4) };
    });
    return Buffer.concat(frames.map(wayFrame));
  });

/** A gateway's end: gives back a little, and reads or not. */
function socket(reads: boolean): { readonly socket: Socket; held(): number } {
  let held = 0;
  const made = new Duplex({
    allowHalfOpen: true,
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      held += chunk.length;
      if (!reads) return;
      held -= chunk.length;
      done();
    },
  });
  made.push(Buffer.alloc(100));
  return { socket: made as unknown as Socket, held: () => held + made.writableLength };
}

export const target: FuzzTarget = {
  name: "exec-way",
  promise:
    "row 153: whatever a machine says, it is given connections to the gateway at most, and no more memory than windows",
  parsers: ["src/core/wire/way-frames.ts"],
  input,
  runs: 500,
  check: async (bytes) => {
    const sockets: ReturnType<typeof socket>[] = [];
    let broken = 0;
    const stdin = new PassThrough();
    stdin.resume();
    const way = openExecWay({
      stdin,
      carrier: () => {
        const child = new EventEmitter();
        const input = new PassThrough();
        input.resume();
        return Object.assign(child, {
          stdin: input,
          stdout: null,
          stderr: null,
          stdio: [input],
          kill: () => true,
        }) as unknown as ChildProcess;
      },
      connect: () => {
        assert.equal(broken, 0, "a connection after the end");
        sockets.push(socket(sockets.length % 2 === 0));
        return (sockets.at(-1) as ReturnType<typeof socket>).socket;
      },
      onBroken: () => {
        broken += 1;
      },
    });
    const cuts = cutsOf(bytes);
    for (const [index, start] of [0, ...cuts].entries()) {
      way.push(bytes.subarray(start, cuts[index] ?? bytes.length));
      if (index % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(broken <= 1);
    for (const one of sockets) assert.ok(one.held() <= 2 * 65_536, `${one.held()} bytes are held`);
    way.close();
    if (broken === 1) assert.ok(sockets.every((one) => one.socket.destroyed));
    return sockets.length > 0;
  },
};
