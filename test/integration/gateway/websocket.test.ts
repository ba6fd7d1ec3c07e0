import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import test from "node:test";
import { credential, eventually, HOST, openGateway, policyOf, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin, openRawOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, statusOf } from "../../support/gateway/verdicts.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = (key: string) =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const handshake = (more = "") =>
  `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${more}\r\n`;

/** An origin that upgrades, then echoes bytes. */
function echo(heads: string[] = [], more = "") {
  return openRawOrigin((socket: Socket) => {
    socket.once("data", (head: Buffer) => {
      heads.push(head.toString("latin1"));
      const key = /sec-websocket-key: (\S+)/i.exec(head.toString("latin1"))?.[1] ?? "";
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(key)}\r\n${more}\r\n`,
      );
      socket.on("data", (piece: Buffer) => socket.write(piece));
    });
  });
}

test("row 56: a WebSocket is refused where no rule allows it, at once and with nothing dialled", async (t) => {
  const fixture = await openGateway(t);
  const client = await fixture.inside();
  client.send(handshake());
  const answer = await client.closed();
  assert.ok([403, 426].includes(statusOf(answer)), answer);
  await assertDenied(fixture, "upgrade-refused");
});

test("row 56: by rule it is relayed, extensions are not offered, bytes are counted", async (t) => {
  const heads: string[] = [];
  const origin = await echo(heads);
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const client = await fixture.inside();
  client.send(`${handshake("Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: x\r\n")}early`);
  const answer = await client.until("early");
  assert.equal(statusOf(answer), 101);
  assert.match(answer, new RegExp(`sec-websocket-accept: ${accept(KEY).replaceAll("+", "\\+")}`, "i"));
  client.send("more bytes");
  await client.until("more bytes");
  assert.doesNotMatch(heads[0] ?? "", /extensions/i);
  assert.match(heads[0] ?? "", /sec-websocket-protocol: x/i);
  assert.equal(fixture.gateway.stats().tunnels, 2);
  client.socket.end();
  await eventually(() => fixture.audit.results().length === 1);
  const [result] = fixture.audit.results();
  assert.deepEqual([result?.status, result?.bytesOut, result?.bytesIn], [101, 15, 15]);
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
    const origin = await echo([], more);
    const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
    const client = await fixture.inside();
    client.send(`${handshake()}frame`);
    const answer = await client.closed();
    assert.equal(statusOf(answer), 502, answer);
  }
});

test("row 89: a WebSocket's credential is written, its echo in head and frames masked", async (t) => {
  const heads: string[] = [];
  const origin = await echo(heads, `X-Echo: ${SECRET}\r\n`);
  const fixture = await openGateway(t, {
    origin,
    rules: [{ websocket: true }],
    credentials: [credential()],
    values: { api: SECRET },
  });
  const client = await fixture.inside();
  client.send(handshake(`Authorization: Bearer ${credential().placeholder}\r\n`));
  await client.until("\r\n\r\n");
  assert.match(heads[0] ?? "", new RegExp(`authorization: Bearer ${SECRET}`, "i"));
  client.send(`[${SECRET}]`);
  const answer = await client.until("]");
  assert.ok(!answer.includes(SECRET));
  assert.match(answer, /\[\*+\]/);
});

test("row 123, row 135: a WebSocket has a byte budget, and ends when its rule goes", async (t) => {
  const origin = await echo();
  const small = await openGateway(t, { origin, rules: [{ websocket: true, maxRequestBytes: 100 }] });
  const client = await small.inside();
  client.send(handshake());
  await client.until("\r\n\r\n");
  client.send("x".repeat(200));
  await client.closed();
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }] });
  const other = await fixture.inside();
  other.send(handshake());
  await other.until("\r\n\r\n");
  await fixture.gateway.apply(policyOf([{}], [], 2), "test");
  await other.closed();
  await eventually(() => fixture.gateway.stats().tunnels <= 1);
});

test("a WebSocket over plain HTTP works by a rule of scheme http", async (t) => {
  const origin = await openRawOrigin(
    (socket: Socket) => {
      socket.once("data", () => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(KEY)}\r\n\r\nhello`,
        );
      });
    },
    { tls: false },
  );
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
  assert.ok(statusOf(await bodied.closed()) >= 400);
  await assertDenied(fixture);
});
