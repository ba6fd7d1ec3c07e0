import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { CLIENT_HELLO_LIMIT, readClientHello } from "../../../src/core/wire/client-hello.ts";
import { clientHello, extension, records, serverNames } from "../../support/core/hello-bytes.ts";

/** What a real TLS client (OpenSSL by way of node:tls) sends first. Nothing leaves the process. */
function realHello(options: ConnectionOptions): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      resolve(chunk);
      done();
    },
  });
  const client = connect({ ...options, socket });
  client.on("error", () => {});
  return promise.finally(() => client.destroy());
}

test("a real client's hello is read, and each of its beginnings is incomplete", async () => {
  const bytes = await realHello({ servername: "Api.Example.com", ALPNProtocols: ["http/1.1", "h2"] });
  assert.deepEqual(readClientHello(bytes), {
    state: "hello",
    hello: { serverName: "api.example.com", alpn: ["http/1.1", "h2"], ech: false },
    length: bytes.length,
  });
  for (let end = 0; end < bytes.length; end++) {
    assert.equal(readClientHello(bytes.subarray(0, end)).state, "incomplete", `${end} bytes`);
  }
});

test("row 6: a real client without server name", async () => {
  const reading = readClientHello(await realHello({ servername: "" }));
  assert.ok(reading.state === "hello" && reading.hello.serverName === null);
});

test("a hello spread over many records is one hello", () => {
  const whole = records(clientHello([serverNames("a.test")]), 1);
  const hello = { serverName: "a.test", alpn: [], ech: false };
  assert.deepEqual(readClientHello(whole), { state: "hello", hello, length: whole.length });
  assert.equal(readClientHello(whole.subarray(0, -1)).state, "incomplete");
});

test("records that follow the hello are not its concern", () => {
  const early = Buffer.concat([records(clientHello([serverNames("a.test")])), Buffer.from("1703030003616263", "hex")]);
  const reading = readClientHello(early);
  assert.deepEqual(reading.state === "hello" && reading.length, early.length - 8);
});

test("row 1: a record that goes on behind the hello is refused, also before the rest has come", () => {
  const message = clientHello([serverNames("a.test")]);
  const two = records(Buffer.concat([message, clientHello([serverNames("evil.test")])]));
  assert.equal(readClientHello(two).state, "invalid");
  assert.equal(readClientHello(two.subarray(0, 5 + message.length)).state, "invalid");
});

test("row 7: encrypted ClientHello is seen, in its final and its draft form", () => {
  for (const type of [0xfe0d, 0xffce]) {
    const reading = readClientHello(records(clientHello([serverNames("a.test"), extension(type, Buffer.alloc(8))])));
    assert.ok(reading.state === "hello" && reading.hello.ech);
  }
});

test("row 59: what is not TLS is refused at its first wrong byte", () => {
  for (const text of ["SSH-2.0-x", "S", "GET / HTTP/1.1\r\n", "\0", "\x05\x01\0", "PRI * HTTP/2.0"]) {
    assert.equal(readClientHello(Buffer.from(text, "latin1")).state, "invalid", text);
  }
  // SSLv2 hello, TLS alert, application data, handshake record with a ServerHello.
  for (const hex of ["802e0100", "15030300020100", "1703030001", "160303000402000000", "1602", "1603030000"]) {
    assert.equal(readClientHello(Buffer.from(hex, "hex")).state, "invalid", hex);
  }
});

test("row 127: malformed hellos are a value, not a throw", () => {
  const cases: Readonly<Record<string, Buffer>> = {
    "two server names": clientHello([serverNames("a.test", "b.test")]),
    "the extension twice": clientHello([serverNames("a.test"), serverNames("b.test")]),
    "an empty name": clientHello([serverNames("")]),
    "NUL in the name": clientHello([serverNames("evil.test\0.a.test")]),
    "a name that is not ASCII": clientHello([serverNames("é.test")]),
    "an empty list": clientHello([extension(0, Buffer.from("0000", "hex"))]),
    "a list longer than its extension": clientHello([extension(0, Buffer.from("00ff00", "hex"))]),
    "bytes after the list": clientHello([extension(0, Buffer.from("000400000161ff", "hex"))]),
    "unknown name type": clientHello([extension(0, Buffer.from("00040100016100", "hex"))]),
    "an empty protocol name": clientHello([extension(16, Buffer.from("000100", "hex"))]),
    "protocols past the end": clientHello([extension(16, Buffer.from("0003056800", "hex"))]),
    "bytes after the extensions": Buffer.concat([clientHello([]), Buffer.from([1])]),
  };
  for (const [title, message] of Object.entries(cases)) {
    // The header of the message must fit what was appended.
    message.writeUIntBE(message.length - 4, 1, 3);
    assert.equal(readClientHello(records(message)).state, "invalid", title);
  }
});

test("row 121: a hello that never ends is refused at the limit, not waited for", () => {
  const endless = clientHello([extension(21, Buffer.alloc(20_000))]);
  const bytes = records(endless, 1000);
  assert.equal(readClientHello(bytes.subarray(0, 20)).state, "invalid", "said so by its own length");
  const dribble = Buffer.concat(Array.from({ length: CLIENT_HELLO_LIMIT }, () => Buffer.from([22, 3, 1, 0, 1, 1])));
  assert.equal(readClientHello(dribble).state, "invalid");
});

test("a second message in the same record is refused", () => {
  const hello = clientHello([serverNames("a.test")]);
  assert.equal(readClientHello(records(Buffer.concat([hello, Buffer.from([0])]))).state, "invalid");
});
