import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { eventually, type Fixture, GOOD_ADDRESS, HOST, openGateway, policyOf } from "../../support/gateway/fixture.ts";
import { originCa } from "../../support/gateway/origin.ts";
import { openTunnel } from "../../support/gateway/raw-client.ts";
import { assertNothingLeft } from "../../support/gateway/verdicts.ts";

/** One message of gRPC over HTTP/2: not compressed, its length, its bytes. */
function grpcMessage(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

function grpcTexts(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    texts.push(bytes.toString("utf8", at + 5, at + 5 + length));
    at += 5 + length;
  }
  return texts;
}

/** A method that answers each message of the client by one of its own, at once, then the status as a trailer. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "fine" }));
  stream.on("data", (piece: Buffer) => {
    for (const text of grpcTexts(piece)) stream.write(grpcMessage(`re: ${text}`));
  });
  stream.on("end", () => stream.end());
  stream.on("error", () => {});
}

interface Http2Origin {
  readonly protocols: (string | false)[];
  readonly paths: string[];
}

/** A gateway with this rule in front of an origin that speaks HTTP/2 alone. */
async function open(t: TestContext, mode: "splice" | "inspect"): Promise<{ fixture: Fixture; origin: Http2Origin }> {
  const server = createSecureServer({
    allowHTTP1: false,
    SNICallback: (name, done) => done(null, originCa.contextFor(name)),
  });
  const protocols: (string | false)[] = [];
  const paths: string[] = [];
  server.on("secureConnection", (socket: TLSSocket) => protocols.push(socket.alpnProtocol ?? false));
  server.on("session", (session) => {
    t.after(() => session.destroy());
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    paths.push(headers[":path"] ?? "");
    if (headers[":path"] === "/echo.Echo/Talk") return echo(stream);
    stream.respond({ ":status": 200, "x-protocol": "h2" });
    stream.end("plain answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const fixture = await openGateway(t, { rules: [{ mode }] });
  fixture.ways.set(`${GOOD_ADDRESS}:443`, (server.address() as AddressInfo).port);
  return { fixture, origin: { protocols, paths } };
}

/** A TLS client in a tunnel, which trusts the origin's own CA: nobody stands between. */
async function dial(fixture: Fixture, ca: string, protocols: readonly string[]): Promise<TLSSocket> {
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.socket.removeAllListeners("data");
  return new Promise((resolve, reject) => {
    const socket = connectTls({ socket: tunnel.socket, servername: HOST, ca, ALPNProtocols: [...protocols] }, () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed in the handshake")));
  });
}

async function session(t: TestContext, fixture: Fixture): Promise<ClientHttp2Session> {
  const socket = await dial(fixture, originCa.caPem, ["h2"]);
  assert.equal(socket.alpnProtocol, "h2");
  const client = connect(`https://${HOST}`, { createConnection: () => socket });
  client.on("error", () => {});
  t.after(() => client.destroy());
  return client;
}

test("an HTTP/2 client works through splice: many requests at once, ALPN as it was, bytes counted", async (t) => {
  const { fixture, origin } = await open(t, "splice");
  const client = await session(t, fixture);
  const answers = await Promise.all(
    [1, 2, 3].map(
      (i) =>
        new Promise<string>((resolve, reject) => {
          const stream = client.request({ ":path": `/${i}` });
          let text = "";
          stream.setEncoding("utf8");
          stream.on("response", (headers) => {
            text = `${headers[":status"]} ${headers["x-protocol"]} `;
          });
          stream.on("data", (piece: string) => {
            text += piece;
          });
          stream.on("end", () => resolve(text));
          stream.on("error", reject);
        }),
    ),
  );
  assert.deepEqual(answers, Array(3).fill("200 h2 plain answer"));
  assert.deepEqual(origin.protocols, ["h2"]);
  assert.deepEqual(origin.paths.toSorted(), ["/1", "/2", "/3"]);
  client.close();
  await eventually(() => fixture.audit.results().length === 1);
  const [decision] = fixture.audit.decisions();
  assert.deepEqual([decision?.verdict, decision?.mode, decision?.target], ["allow", "splice", null]);
  const [result] = fixture.audit.results();
  assert.equal(result?.error, null);
  assert.ok((result?.bytesOut ?? 0) > 100 && (result?.bytesIn ?? 0) > 100);
});

test("gRPC works through splice: messages both ways while the call is open, status in the trailers", async (t) => {
  const { fixture } = await open(t, "splice");
  const client = await session(t, fixture);
  const call = client.request({
    ":method": "POST",
    ":path": "/echo.Echo/Talk",
    "content-type": "application/grpc",
    te: "trailers",
  });
  let received = Buffer.alloc(0);
  let trailers: Record<string, unknown> = {};
  call.on("data", (piece: Buffer) => {
    received = Buffer.concat([received, piece]);
  });
  call.on("trailers", (fields) => {
    trailers = fields;
  });
  const ended = new Promise((resolve) => call.once("end", resolve));
  for (const [i, text] of ["one", "two", "three"].entries()) {
    call.write(grpcMessage(text));
    // The answer comes before the next message is sent.
    await eventually(() => grpcTexts(received).length === i + 1);
  }
  call.end();
  await ended;
  assert.deepEqual(grpcTexts(received), ["re: one", "re: two", "re: three"]);
  assert.deepEqual([trailers["grpc-status"], trailers["grpc-message"]], ["0", "fine"]);
});

test("row 135: an HTTP/2 session through splice ends when its rule goes", async (t) => {
  const { fixture } = await open(t, "splice");
  const client = await session(t, fixture);
  const closed = new Promise((resolve) => client.once("close", resolve));
  await fixture.gateway.apply(policyOf([{ host: "other.example.test" }], [], 2), "test");
  await closed;
  await eventually(() => fixture.gateway.stats().tunnels === 0);
});

test("row 54: where a host is inspected, HTTP/2 is not offered: a client that speaks both takes HTTP/1.1", async (t) => {
  const { fixture } = await open(t, "inspect");
  const both = await dial(fixture, fixture.gateway.caPem, ["h2", "http/1.1"]);
  t.after(() => both.destroy());
  assert.equal(both.alpnProtocol, "http/1.1");
  await assert.rejects(dial(fixture, fixture.gateway.caPem, ["h2"]));
  assertNothingLeft(fixture);
});

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

test("rows 53, 54: HTTP/2 without TLS is refused in a spliced tunnel, in an inspected one and beside them", async (t) => {
  for (const mode of ["splice", "inspect"] as const) {
    const { fixture } = await open(t, mode);
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    tunnel.clear();
    tunnel.send(PREFACE);
    await tunnel.closed();
    assert.equal(fixture.audit.decisions().at(-1)?.reason, "tls-not-seen");
    const plain = await fixture.raw();
    plain.send(PREFACE);
    const answer = await plain.closed();
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assertNothingLeft(fixture);
  }
  const { fixture } = await open(t, "inspect");
  const inside = await fixture.inside();
  inside.send(PREFACE);
  assert.match(await inside.closed(), /^HTTP\/1\.1 400 /);
  const upgrade = await fixture.inside();
  upgrade.send(
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`,
  );
  assert.match(await upgrade.until("}"), /^HTTP\/1\.1 400 [\s\S]*upgrade-refused/);
  assertNothingLeft(fixture);
});
