import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { connect, createServer } from "node:tls";
import { readSecondHello, readServerStart } from "../../../src/core/wire/server-hello.ts";
import { clientHello, records, serverHello, serverNames } from "../../support/core/hello-bytes.ts";
import { eventually } from "../../support/gateway/fixture.ts";
import { originCa } from "../../support/gateway/origin.ts";

const RETRY = serverHello(true);

test("row 1: a HelloRetryRequest is known at every cut, and nothing else is taken for one", () => {
  for (const size of [1, 5, 16_384]) {
    const bytes = records(RETRY, size);
    assert.equal(readServerStart(bytes), "retry", `records of ${size}`);
    for (let end = 0; end < 43; end++)
      assert.equal(readServerStart(bytes.subarray(0, end)), "incomplete", `${end} bytes`);
  }
  // As servers send it: with a change of cipher that means nothing behind it.
  assert.equal(readServerStart(Buffer.concat([records(RETRY), Buffer.from("140303000101", "hex")])), "retry");
  for (const bytes of [
    records(serverHello(false)),
    Buffer.from("15030300020228", "hex"),
    Buffer.from("HTTP/1.1 400"),
    records(clientHello([])),
    Buffer.from("1603030000".repeat(50), "hex"),
  ]) {
    assert.equal(readServerStart(bytes), "other", bytes.toString("hex", 0, 20));
  }
});

test("row 1: a real server's HelloRetryRequest is known", async () => {
  const server = createServer({
    SNICallback: (name, done) => done(null, originCa.contextFor(name)),
    ecdhCurve: "P-384",
  });
  const answers: Buffer[] = [];
  const relay = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      answers.push(chunk);
      done();
    },
  });
  server.on("tlsClientError", () => {});
  server.emit("connection", relay);
  const client = connect({
    servername: "a.test",
    ecdhCurve: "X25519:P-384",
    socket: new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        relay.push(chunk);
        done();
      },
    }),
  });
  client.on("error", () => {});
  await eventually(() => answers.length > 0);
  assert.equal(readServerStart(Buffer.concat(answers)), "retry");
  client.destroy();
  relay.destroy();
});

test("row 1: the second hello is found behind a change of cipher and early data, at every cut", () => {
  const hello = records(clientHello([serverNames("a.test")]));
  const before = Buffer.from("140303000101170303000461626364", "hex");
  const bytes = Buffer.concat([before, hello, Buffer.from("rest")]);
  const reading = readSecondHello(bytes);
  assert.ok(reading.state === "hello" && reading.hello.serverName === "a.test");
  for (let end = 0; end < before.length + hello.length; end++)
    assert.equal(readSecondHello(bytes.subarray(0, end)).state, "incomplete", `${end} bytes`);
  assert.equal(readSecondHello(Buffer.from("15030300020228", "hex")).state, "invalid");
});
