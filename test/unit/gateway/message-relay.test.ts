import assert from "node:assert/strict";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import test from "node:test";
import { createLeakWatch } from "../../../src/gateway/leak-watch.ts";
import { relayMessages } from "../../../src/gateway/message-relay.ts";
import type { Turns } from "../../../src/gateway/turns.ts";
import { frame, readFrames } from "../../support/core/frames.ts";

test("row 123: messages of a WebSocket are searched in their turn, and none that come meanwhile is lost", async (t) => {
  const due: (() => void)[] = [];
  const turns: Turns = {
    take: (work) => new Promise((resolve) => due.push(() => resolve(work()))),
  };
  const client = new Socket();
  const sent: Buffer[] = [];
  const upstream = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _, done) => {
      sent.push(bytes);
      done();
    },
  });
  t.after(() => client.destroy());
  const search = { known: null, canaries: null, patterns: false };
  const trail = { alert: () => {} } as never;
  relayMessages(
    {
      client,
      upstream,
      scrub: null,
      search,
      leaks: createLeakWatch({ told: new Set(), trail }, "a-1" as never, {} as never),
      turns,
      limit: 1e6,
      counts: { bytesOut: 0, bytesIn: 0, scrubbed: 0 },
      onDenied: () => "",
      onStopped: () => {},
    },
    frame({ payload: "first" }),
  );
  client.emit("data", frame({ payload: "second" }));
  assert.deepEqual(sent, [], "nothing goes on before its turn");
  assert.equal(due.length, 1);
  while (due.length > 0) {
    due.shift()?.();
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    readFrames(Buffer.concat(sent)).map(({ payload }) => payload.toString()),
    ["first", "second"],
  );
});
