import assert from "node:assert/strict";
import type { Socket } from "node:net";
import test from "node:test";
import { frame, messagesOf, readFrames } from "../../support/core/frames.ts";
import {
  credential,
  eventually,
  type Fixture,
  GOOD_ADDRESS,
  HOST,
  openGateway,
  policyOf,
  SECRET,
} from "../../support/gateway/fixture.ts";
import { openOrigin, openRawOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, statusOf } from "../../support/gateway/verdicts.ts";
import { accept, handshake, KEY, openWebSocketOrigin } from "../../support/gateway/websocket-origin.ts";

for (const [what, rule, reason] of [
  ["no rule allows it", {}, "upgrade-refused"],
  ["only POST is listed", { methods: ["POST"], websocket: true }, "method-not-listed"],
  ["another path is listed", { paths: ["/other"], websocket: true }, "path-not-listed"],
] as const) {
  test(`row 56: a WebSocket is refused where ${what}, at once, by a 426, with nothing dialled`, async (t) => {
    const fixture = await openGateway(t, { rules: [rule] });
    const client = await fixture.inside();
    client.send(handshake());
    const answer = await client.closed();
    assert.equal(statusOf(answer), 426, answer);
    // RFC 9110 15.5.22 and 7.8.
    assert.match(answer, /\r\nUpgrade: HTTP\/1\.1\r\nConnection: close, Upgrade\r\n/);
    assert.match(answer, new RegExp(`X-Bot-Bottle-Reason: ${reason}\r\n`));
    await assertDenied(fixture, reason);
  });
}

test("row 56: by rule it is relayed, extensions are not offered, bytes are counted", async (t) => {
  const origin = await openWebSocketOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const client = await fixture.inside();
  client.send(handshake("Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: x\r\n"));
  client.send(frame({ payload: "early" }));
  const answer = await client.until("early");
  assert.equal(statusOf(answer), 101);
  assert.match(answer, new RegExp(`sec-websocket-accept: ${accept(KEY).replaceAll("+", "\\+")}`, "i"));
  client.send(frame({ payload: "more bytes" }));
  await client.until("more bytes");
  assert.doesNotMatch(origin.heads[0] ?? "", /extensions/i);
  assert.match(origin.heads[0] ?? "", /sec-websocket-protocol: x/i);
  assert.equal(fixture.gateway.stats().tunnels, 2);
  client.socket.end();
  await eventually(() => fixture.audit.results().length === 1);
  const [result] = fixture.audit.results();
  assert.deepEqual([result?.status, result?.bytesOut, result?.bytesIn, result?.error], [101, 27, 19, null]);
  assert.equal(fixture.audit.decisions()[0]?.verdict, "allow");
});

test("row 55: an origin that does not upgrade gets no raw bytes", async (t) => {
  for (const status of [200, 426, 404]) {
    const seen: string[] = [];
    const origin = await openRawOrigin((socket: Socket) => {
      socket.on("data", (piece: Buffer) => {
        seen.push(piece.toString("latin1"));
        if (seen.length === 1) socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nno`);
      });
    });
    const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
    const client = await fixture.inside();
    client.send(`${handshake()}GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.closed();
    assert.ok(statusOf(answer) >= 400, answer);
    assert.doesNotMatch(seen.join(""), /smuggled/);
  }
});

test("row 55, row 56: a 101 without the right key, or with an extension, is not one", async (t) => {
  for (const more of ["Sec-WebSocket-Accept: wrong\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n"]) {
    const origin = await openWebSocketOrigin({ more });
    const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
    const client = await fixture.inside();
    client.send(`${handshake()}frame`);
    const answer = await client.closed();
    assert.equal(statusOf(answer), 502, answer);
  }
});

test("row 89: a WebSocket's credential is written, its echo in head and frames masked", async (t) => {
  const echoes = [frame({ payload: `[${SECRET.slice(0, 9)}`, fin: false, mask: null })];
  echoes.push(frame({ opcode: 9, mask: null }), frame({ opcode: 0, payload: `${SECRET.slice(9)}]`, mask: null }));
  const origin = await openWebSocketOrigin({ more: `X-Echo: ${SECRET}\r\n`, greeting: Buffer.concat(echoes) });
  const fixture = await openGateway(t, {
    origin,
    rules: [{ websocket: true }],
    credentials: [credential()],
    values: { api: SECRET },
  });
  const client = await fixture.inside();
  client.send(handshake(`Authorization: Bearer ${credential().placeholder}\r\n`));
  const answer = await client.until("]");
  assert.match(origin.heads[0] ?? "", new RegExp(`authorization: Bearer ${SECRET}`, "i"));
  assert.ok(!answer.includes(SECRET));
  const frames = Buffer.from(answer.slice(answer.indexOf("\r\n\r\n") + 4), "latin1");
  const [message] = messagesOf(readFrames(frames)).filter(({ opcode }) => opcode === 1);
  assert.equal(message?.text, `[${"*".repeat(SECRET.length)}]`);
  client.socket.end();
  await eventually(() => fixture.audit.results().length === 1);
  assert.equal(fixture.audit.results()[0]?.scrubbed, 2);
});

test("row 123, row 135: a WebSocket has a byte budget, and ends when its rule goes", async (t) => {
  const origin = await openWebSocketOrigin();
  const small = await openGateway(t, { origin, rules: [{ websocket: true, maxRequestBytes: 100 }] });
  for (const frames of [
    [frame({ says: 101, payload: "x" })],
    [1, 2, 3].map(() => frame({ payload: "x".repeat(40) })),
  ]) {
    const client = await small.inside();
    client.send(handshake());
    await client.until("\r\n\r\n");
    client.clear();
    for (const one of frames) client.send(one);
    assert.equal(closeCode(await client.closed()), 1009);
  }
  await eventually(() => small.audit.results().length === 2);
  const denials = small.audit.decisions().filter(({ verdict }) => verdict === "deny");
  assert.deepEqual(
    denials.map(({ reason }) => reason),
    ["body-too-large", "body-too-large"],
  );
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const other = await fixture.inside();
  other.send(handshake());
  await other.until("\r\n\r\n");
  await fixture.gateway.apply(policyOf([{}], [], 2), "test");
  await other.closed();
  await eventually(() => fixture.gateway.stats().tunnels <= 1);
});

test("row 123: what a server does not read is not kept here: the client has to wait", async (t) => {
  const total = 64 * 1024 * 1024;
  const origin = await openRawOrigin((socket: Socket) => {
    socket.once("data", (head: Buffer) => {
      const key = /sec-websocket-key: (\S+)/i.exec(head.toString("latin1"))?.[1] ?? "";
      socket.pause();
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
      );
    });
  });
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const client = await fixture.inside();
  client.send(handshake());
  await client.until("\r\n\r\n");
  const one = frame({ opcode: 2, payload: Buffer.alloc(1024 * 1024, " ") });
  for (let sent = 0; sent < total; sent += one.length) client.send(one);
  // Until nothing moves any more.
  for (let before = -1, waiting = client.socket.writableLength; waiting !== before; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    before = waiting;
    waiting = client.socket.writableLength;
  }
  await fixture.gateway.close();
  const taken = fixture.audit.results()[0]?.bytesOut ?? total;
  assert.ok(taken > 0 && taken < total / 2, `${taken} bytes were taken`);
});

test("a WebSocket over plain HTTP works by a rule of scheme http", async (t) => {
  const origin = await openWebSocketOrigin({ tls: false, greeting: frame({ payload: "hello", mask: null }) });
  const fixture = await openGateway(t, { origin, rules: [{ scheme: "http", port: 80, websocket: true }] });
  const client = await fixture.raw();
  client.send(handshake().replace("GET /ws", `GET http://${HOST}/ws`));
  await client.until("hello");
});

test("an upgrade at a service path or with a body is refused", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const client = await fixture.raw();
  client.send(handshake());
  assert.equal(statusOf(await client.closed()), 400);
  const bodied = await fixture.inside();
  bodied.send(`${handshake("Content-Length: 3\r\n")}abc`);
  assert.equal(statusOf(await bodied.closed()), 426);
  await assertDenied(fixture, "upgrade-refused");
});

/** Code of the Close frame at the end of what a server sent behind the 101. */
function closeCode(text: string): number | undefined {
  const last = readFrames(Buffer.from(text, "latin1")).at(-1);
  return last?.opcode === 8 ? last.payload.readUInt16BE(0) : undefined;
}

test("row 125: a client that leaves while the name is looked up leaves no WebSocket behind", async (t) => {
  const origin = await openWebSocketOrigin({ tls: false });
  const waiting: (() => void)[] = [];
  const resolve = async () => {
    await new Promise<void>((wake) => waiting.push(wake));
    return [GOOD_ADDRESS];
  };
  const rules = [{ websocket: true, scheme: "http", port: 80 }] as const;
  const fixture = await openGateway(t, { origin, rules, resolve });
  const client = await fixture.raw();
  client.send(handshake().replace("GET /ws", `GET http://${HOST}/ws`));
  await eventually(() => waiting.length === 1);
  client.socket.resetAndDestroy();
  await eventually(() => fixture.gateway.stats().connections === 0);
  for (const wake of waiting) wake();
  await eventually(() => fixture.audit.results().length === 1);
  assert.match(fixture.audit.results()[0]?.error ?? "", /the client went away/);
  assert.equal(fixture.gateway.stats().tunnels, 0);
  assert.deepEqual(fixture.dials, []);
});

test("row 135: the log says of a WebSocket that was cut why it ended", async (t) => {
  const origin = await openWebSocketOrigin();
  for (const [why, cut] of [
    ["policy", (fixture: Fixture) => fixture.gateway.apply(policyOf([{}], [], 2), "test")],
    ["closing", (fixture: Fixture) => fixture.gateway.close()],
  ] as const) {
    const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
    const client = await fixture.inside();
    client.send(handshake());
    await client.until("\r\n\r\n");
    await cut(fixture);
    await eventually(() => fixture.audit.results().length === 1);
    assert.equal(fixture.audit.results()[0]?.error, `cut: ${why}`);
  }
});
