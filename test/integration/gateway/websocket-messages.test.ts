import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { ProxyAgent, WebSocket } from "undici";
import { type FrameWish, frame, MASK, messagesOf, readFrames } from "../../support/core/frames.ts";
import { credential, eventually, type Fixture, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { handshake, openWebSocketOrigin, type WebSocketOrigin } from "../../support/gateway/websocket-origin.ts";

interface Open {
  readonly fixture: Fixture;
  readonly origin: WebSocketOrigin;
  readonly client: RawClient;
}

/** An open WebSocket through the gateway, to an origin that echoes, in a bottle with one secret. */
async function open(t: TestContext, origin?: WebSocketOrigin): Promise<Open> {
  const server = origin ?? (await openWebSocketOrigin());
  const fixture = await openGateway(t, {
    origin: server,
    rules: [{ websocket: true }],
    credentials: [credential()],
    values: { api: SECRET },
  });
  const client = await fixture.inside();
  client.send(handshake());
  await client.until("\r\n\r\n");
  client.clear();
  return { fixture, origin: server, client };
}

const framesFor = (client: RawClient) => readFrames(Buffer.from(client.received(), "latin1"));

/** Code and reason of the Close that the client got. */
function closeOf(client: RawClient): { readonly code: number; readonly reason: string } | null {
  const close = framesFor(client).find(({ opcode }) => opcode === 8);
  return close === undefined
    ? null
    : { code: close.payload.readUInt16BE(0), reason: close.payload.subarray(2).toString() };
}

const hex = Buffer.from(SECRET).toString("hex");
const base64 = Buffer.from(`x${SECRET}`).toString("base64");
const LEAKS: readonly (readonly [where: string, wishes: readonly FrameWish[]])[] = [
  ["a text message", [{ payload: `{"key":"${SECRET}"}` }]],
  ["a binary message", [{ opcode: 2, payload: `\0\x01${SECRET}` }]],
  ["a text message, as hex", [{ payload: hex }]],
  ["a binary message, as base64", [{ opcode: 2, payload: base64 }]],
  [
    "fragments",
    [
      { fin: false, payload: `a${SECRET.slice(0, 5)}` },
      { opcode: 0, payload: SECRET.slice(5) },
    ],
  ],
  [
    "fragments of one byte, with pings between them",
    [...SECRET].flatMap((payload, i) => [
      { opcode: i === 0 ? 1 : 0, fin: i === SECRET.length - 1, payload, mask: [i, i, 7, 255 - i] },
      { opcode: 9, payload: "p" },
    ]),
  ],
  ["a fragment that is not the last", [{ fin: false, payload: `${SECRET}.` }]],
  ["a message under a mask of zeros", [{ payload: SECRET, mask: [0, 0, 0, 0] }]],
  ["a large message", [{ opcode: 2, payload: `${"y".repeat(600_000)}${SECRET}${"y".repeat(100)}` }]],
  ["a ping", [{ opcode: 9, payload: SECRET }]],
  ["a pong", [{ opcode: 10, payload: SECRET }]],
  ["the reason of a Close", [{ opcode: 8, payload: `\x03\xe8${SECRET}`.replace("\xe8", "x") }]],
];

for (const [where, wishes] of LEAKS) {
  test(`rows 56, 117: a secret in ${where} ends the WebSocket, and no byte of it goes on`, async (t) => {
    const { fixture, origin, client } = await open(t);
    const [before] = [frame({ payload: "before" })];
    client.send(before);
    await client.until("before");
    for (const wish of wishes) client.send(frame(wish));
    await client.closed();
    const close = closeOf(client);
    assert.equal(close?.code, 1008);
    assert.match(close?.reason ?? "", /secret-in-request/);
    await eventually(() => fixture.audit.results().length === 1);
    const arrived = origin
      .frames()
      .filter(({ opcode }) => opcode <= 2)
      .map(({ payload }) => payload.toString("latin1"))
      .join("");
    assert.match(arrived, /^before(a|y*|\0\x01|\{"key":")$/, "only what stood before it");
    const denied = fixture.audit.decisions().find(({ verdict }) => verdict === "deny");
    assert.deepEqual([denied?.reason, denied?.alert], ["secret-in-request", true]);
    assert.match(denied?.detail ?? "", /^message holds the value of api/);
    assert.match(fixture.audit.results()[0]?.error ?? "", /secret-in-request/);
    assert.equal(fixture.alerts.length, 1);
    for (const text of [fixture.audit.text(), JSON.stringify(fixture.alerts), close?.reason ?? ""]) {
      for (const form of [SECRET, hex, base64]) assert.ok(!text.includes(form));
    }
    await eventually(() => fixture.gateway.stats().tunnels <= 1);
  });
}

const WRONG: readonly (readonly [what: string, bytes: Buffer])[] = [
  ["a compressed message", frame({ rsv: 4, payload: "x" })],
  ["a message without mask", frame({ mask: null, payload: "x" })],
  ["a continuation of nothing", frame({ opcode: 0, payload: "x" })],
  ["a reserved opcode", frame({ opcode: 3, payload: "x" })],
  ["no frame at all", Buffer.from("GET /smuggled HTTP/1.1\r\n\r\n")],
];

for (const [what, bytes] of WRONG) {
  test(`rows 55, 117: ${what} ends the WebSocket, and nothing of it goes on`, async (t) => {
    const { fixture, origin, client } = await open(t);
    client.send(bytes);
    await client.closed();
    assert.equal(closeOf(client)?.code, 1002);
    await eventually(() => fixture.audit.results().length === 1);
    // All that came is the Close that the gateway itself says.
    assert.deepEqual(
      origin.frames().map(({ opcode }) => opcode),
      origin.bytes().length === 0 ? [] : [8],
    );
    const denied = fixture.audit.decisions().find(({ verdict }) => verdict === "deny");
    assert.equal(denied?.reason, "request-malformed");
  });
}

test("row 117: one byte at a time arrives as one message; the mask on the wire is none that the client chose", async (t) => {
  const { fixture, origin, client } = await open(t);
  for (const byte of frame({ payload: "slowly", mask: [0, 0, 0, 0] })) client.send(Buffer.from([byte]));
  await client.until("slowly");
  assert.deepEqual(
    origin.frames().map(({ opcode, fin, payload }) => [opcode, fin, payload.toString()]),
    [[1, true, "slowly"]],
  );
  // The same message again: by chance alone the masks are equal once in 2^32 runs.
  client.send(frame({ payload: "slowly", mask: MASK }));
  await eventually(() => origin.frames().length === 2);
  assert.ok(!origin.bytes().includes("slowly"));
  assert.ok(!origin.bytes().includes(Buffer.from(MASK)));
  client.socket.end();
  await eventually(() => fixture.audit.results().length === 1);
  assert.equal(fixture.audit.results()[0]?.error, null);
});

for (const [what, bytes] of [
  ["masked frames", frame({ payload: "x" })],
  ["a compressed message", frame({ rsv: 4, payload: "x", mask: null })],
  ["no frames", Buffer.from("HTTP/1.1 200 OK\r\n\r\n")],
] as const) {
  test(`rows 55, 68: a server that sends ${what} is cut off, and the client is told`, async (t) => {
    const { fixture, client } = await open(t, await openWebSocketOrigin({ answer: () => bytes }));
    client.send(frame({ payload: "hello" }));
    await client.closed();
    assert.equal(closeOf(client)?.code, 1011);
    await eventually(() => fixture.audit.results().length === 1);
    assert.match(fixture.audit.results()[0]?.error ?? "", /^upstream-malformed/);
  });
}

test("row 117: a Close goes between frames even while the server is inside a message", async (t) => {
  const part = frame({ opcode: 2, fin: false, payload: "part ####", mask: null });
  const { client } = await open(
    t,
    await openWebSocketOrigin({ answer: () => Buffer.concat([part, frame({ opcode: 0, says: 100, mask: null })]) }),
  );
  client.send(frame({ payload: "go" }));
  await client.until("part");
  client.send(frame({ payload: SECRET }));
  await client.closed();
  assert.deepEqual(
    framesFor(client).map(({ opcode, fin, masked }) => [opcode, fin, masked]),
    [
      [2, false, false],
      [8, true, false],
    ],
  );
});

/** A real client: undici's, through the gateway as its proxy. */
function connect(t: TestContext, fixture: Fixture): WebSocket {
  const dispatcher = new ProxyAgent({
    uri: `http://127.0.0.1:${fixture.port}`,
    requestTls: { ca: fixture.gateway.caPem },
  });
  t.after(() => dispatcher.destroy());
  return new WebSocket(`wss://${HOST}/ws`, { dispatcher, headers: { authorization: "Bearer x" } });
}

test("rows 56, 117: a real client talks through the gateway, offers compression and works without it", async (t) => {
  const { fixture, origin } = await open(t);
  const socket = connect(t, fixture);
  socket.binaryType = "arraybuffer";
  const got: unknown[] = [];
  socket.onmessage = ({ data }) => got.push(typeof data === "string" ? data : Buffer.from(data).toString("latin1"));
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  const large = `${"é".repeat(200_000)}!`;
  socket.send("hello");
  socket.send(Buffer.from([0, 1, 2, 255]));
  socket.send(large);
  await eventually(() => got.length === 3);
  assert.deepEqual(got.slice(0, 2), ["hello", "\0\x01\x02\xff"]);
  assert.equal(got[2], large);
  assert.equal(socket.extensions, "");
  assert.match(origin.heads.at(-1) ?? "", new RegExp(`authorization: Bearer ${SECRET}`, "i"));
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  socket.close(1000, "done");
  assert.equal(await closed, 1000);
  assert.deepEqual(messagesOf(origin.frames()).at(-1), { opcode: 8, text: "\x03\xe8done" });
});

test("rows 56, 117: a real client is told why its WebSocket ended", async (t) => {
  const { fixture } = await open(t);
  const socket = connect(t, fixture);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  socket.send(`the key is ${SECRET}`);
  const { code, reason } = await closed;
  assert.equal(code, 1008);
  assert.match(reason, /^bot-bottle refused this message \(request [0-9a-z-]+, reason secret-in-request\)$/);
});
