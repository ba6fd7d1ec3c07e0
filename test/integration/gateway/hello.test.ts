import assert from "node:assert/strict";
import test from "node:test";
import { connect as connectTls } from "node:tls";
import { records, serverHello } from "../../support/core/hello-bytes.ts";
import { eventually, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin, openRawOrigin, originCa } from "../../support/gateway/origin.ts";
import { clientHello, openTls, openTunnel, serverName } from "../../support/gateway/raw-client.ts";
import { assertDenied, assertNothingLeft } from "../../support/gateway/verdicts.ts";

const SPLICE = [{ mode: "splice" }] as const;

for (const [row, mode] of [
  ["row 1", "splice"],
  ["row 1", "inspect"],
] as const) {
  test(`${row}: ${mode} refuses a ClientHello that names another host than CONNECT`, async (t) => {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ mode }] });
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    await assert.rejects(openTls(tunnel, { servername: "evil.example.test", ca: fixture.gateway.caPem }));
    await assertDenied(fixture, "authority-mismatch");
    assert.equal(origin.accepted(), 0);
  });
}

test("row 6: splice refuses a ClientHello without a name or with an address as name", async (t) => {
  for (const [extensions, reason] of [
    [[], "authority-mismatch"],
    [[serverName("93.184.215.14")], "tls-invalid"],
    [[serverName("")], "tls-not-seen"],
  ] as const) {
    const fixture = await openGateway(t, { rules: SPLICE });
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    tunnel.send(clientHello(extensions));
    await tunnel.closed();
    await assertDenied(fixture, reason);
  }
});

test("row 7: splice refuses Encrypted ClientHello", async (t) => {
  const fixture = await openGateway(t, { rules: SPLICE });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.send(clientHello([serverName(HOST), [0xfe0d, Buffer.alloc(16)]]));
  await tunnel.closed();
  await assertDenied(fixture, "tls-invalid");
});

test("row 59: bytes that are not TLS end the tunnel, and so does silence", async (t) => {
  for (const mode of ["splice", "inspect"] as const) {
    for (const bytes of ["SSH-2.0-OpenSSH_9.6\r\n", "GET / HTTP/1.1\r\n\r\n", "\0\0\0\0\0\0", ""]) {
      const fixture = await openGateway(t, { rules: [{ mode }], limits: { handshakeMs: 200 } });
      const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
      if (bytes !== "") tunnel.send(bytes);
      await tunnel.closed();
      await assertDenied(fixture, "tls-not-seen");
    }
  }
});

test("row 59: a ClientHello that never ends is cut at the deadline", async (t) => {
  const fixture = await openGateway(t, { rules: SPLICE, limits: { handshakeMs: 300 } });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.send(clientHello([serverName(HOST)]).subarray(0, 30));
  await tunnel.closed();
  await assertDenied(fixture, "tls-not-seen");
});

test("row 103: splice relays to an origin that the client verifies itself, and counts the bytes", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: SPLICE });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  const client = await openTls(tunnel, { servername: HOST, ca: originCa.caPem });
  client.send(`GET /x HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  assert.match(await client.closed(), /"url":"\/x"/);
  await eventually(() => fixture.audit.results().length === 1);
  const [result] = fixture.audit.results();
  assert.ok((result?.bytesOut ?? 0) > 200 && (result?.bytesIn ?? 0) > 500, JSON.stringify(result));
  assert.equal(result?.error, null);
  const [decision] = fixture.audit.decisions();
  assert.deepEqual([decision?.verdict, decision?.mode, decision?.authority], ["allow", "splice", `${HOST}:443`]);
  assert.equal(decision?.id, result?.id);
});

test("splice keeps a half-closed tunnel open for the answer", async (t) => {
  const origin = await openRawOrigin(
    (socket) => {
      socket.on("data", () => {});
      socket.on("end", () => {
        setTimeout(() => socket.end("late answer"), 50);
      });
    },
    { tls: false },
  );
  const fixture = await openGateway(t, { origin, rules: SPLICE });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.socket.allowHalfOpen = true;
  tunnel.send(clientHello([serverName(HOST)]));
  tunnel.socket.end();
  await tunnel.until("late answer");
});

test("a ClientHello may come byte by byte, and before the 200", async (t) => {
  const origin = await openRawOrigin((socket) => socket.once("data", () => socket.end("origin was here")), {
    tls: false,
  });
  const fixture = await openGateway(t, { origin, rules: SPLICE });
  const slow = await openTunnel(fixture.port, `${HOST}:443`);
  for (const byte of clientHello([serverName(HOST)])) {
    slow.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await slow.until("origin was here");
  const early = await fixture.raw();
  early.send(
    Buffer.concat([
      Buffer.from(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`),
      clientHello([serverName(HOST)]),
    ]),
  );
  await early.until("origin was here");
});

test("row 1: a second ClientHello that a server asks for may not name another host", async (t) => {
  const changeCipher = Buffer.from("140303000101", "hex");
  for (const [second, passes] of [
    ["evil.example.test", false],
    [HOST, true],
  ] as const) {
    const received: Buffer[] = [];
    const origin = await openRawOrigin(
      (socket) => {
        socket.once("data", () => socket.write(Buffer.concat([records(serverHello(true)), changeCipher])));
        socket.on("data", (piece) => received.push(piece));
      },
      { tls: false },
    );
    const fixture = await openGateway(t, { origin, rules: SPLICE });
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    const early = Buffer.from("170303000161", "hex");
    const next = Buffer.concat([changeCipher, early, clientHello([serverName(second)])]);
    // A client that knows its server need not wait to be asked.
    const first = clientHello([serverName(HOST)]);
    tunnel.send(Buffer.concat([first, next.subarray(0, 20)]));
    await tunnel.until("\x16\x03\x01");
    assert.equal(Buffer.concat(received).length, first.length);
    tunnel.send(next.subarray(20));
    if (passes) {
      await eventually(() => Buffer.concat(received).equals(Buffer.concat([first, next])));
      tunnel.send("and so on");
      await eventually(() => Buffer.concat(received).includes("and so on"));
      continue;
    }
    await tunnel.closed();
    await eventually(() => fixture.audit.decisions().length === 2);
    const [, denied] = fixture.audit.decisions();
    assert.deepEqual([denied?.verdict, denied?.reason, denied?.alert], ["deny", "authority-mismatch", true]);
    assert.equal(fixture.alerts.length, 1);
    assert.ok(!Buffer.concat(received).includes("evil"));
  }
});

test("splice lets a real handshake with a HelloRetryRequest through", async (t) => {
  const origin = await openRawOrigin((socket) => socket.end("origin was here"), { groups: "P-384" });
  const fixture = await openGateway(t, { origin, rules: SPLICE });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  const client = connectTls({ socket: tunnel.socket, servername: HOST, ca: originCa.caPem, ecdhCurve: "X25519:P-384" });
  let group: unknown;
  client.once("secureConnect", () => {
    group = Reflect.get(client.getEphemeralKeyInfo() ?? {}, "name");
  });
  let text = "";
  client.on("data", (piece: Buffer) => {
    text += piece.toString();
  });
  await eventually(() => text === "origin was here");
  // The client's one key share was of another group: the server had to ask again.
  assert.equal(group, "secp384r1");
  client.destroy();
});

test("row 54: inspect offers HTTP/1.1 alone, and a client that only speaks HTTP/2 is refused", async (t) => {
  const fixture = await openGateway(t);
  const both = await openTunnel(fixture.port, `${HOST}:443`);
  const secured = connectTls({
    socket: both.socket,
    servername: HOST,
    ca: fixture.gateway.caPem,
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await new Promise((resolve, reject) => secured.once("secureConnect", resolve).once("error", reject));
  assert.equal(secured.alpnProtocol, "http/1.1");
  secured.destroy();
  const only = await openTunnel(fixture.port, `${HOST}:443`);
  await assert.rejects(openTls(only, { servername: HOST, ca: fixture.gateway.caPem, ALPNProtocols: ["h2"] }));
  assertNothingLeft(fixture);
});

test("row 54: an HTTP/2 preface in a tunnel is refused", async (t) => {
  const fixture = await openGateway(t);
  const client = await fixture.inside();
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await client.closed();
  await assertDenied(fixture, "request-malformed");
});

test("row 103: a client that does not trust the bottle's CA shows in the log, and nothing is dialled", async (t) => {
  const fixture = await openGateway(t);
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  await assert.rejects(openTls(tunnel, { servername: HOST, ca: originCa.caPem }));
  tunnel.end();
  await eventually(() => fixture.audit.sessions().some((event) => event.event === "tls-failed"));
  assertNothingLeft(fixture);
});

test("row 127: a hostile handshake harms one tunnel alone", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const hostile = [
    clientHello([serverName(HOST), [16, Buffer.from([0, 1, 0])]]),
    clientHello([serverName(HOST), [0x002b, Buffer.from([1, 9])]]),
    Buffer.concat([clientHello([serverName(HOST)]), Buffer.alloc(4000, 0xff)]),
  ];
  for (const bytes of hostile) {
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    tunnel.send(bytes);
    await tunnel.closed();
  }
  const client = await fixture.inside();
  client.send(`GET /alive HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/alive"');
});
