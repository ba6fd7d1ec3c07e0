import assert from "node:assert/strict";
import test from "node:test";
import { HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { clientHello, serverName } from "../../support/gateway/raw-client.ts";
import fc from "../../support/properties.ts";

const RUNS = Number(process.env.BOT_BOTTLE_FUZZ_RUNS ?? 150);

/** Pieces of requests and of attacks on them; what is made of them names a listed host only in the tunnel pieces. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      "GET ",
      "POST http://nope.test/ HTTP/1.1\r\n",
      "CONNECT nope.test:443 HTTP/1.1\r\n",
      `CONNECT ${HOST}:443 HTTP/1.1\r\n`,
      `Host: ${HOST}\r\n`,
      "Host: nope.test\r\n",
      "\r\n\r\n",
      "\r\n",
      "\n",
      "\0",
      "Transfer-Encoding: chunked\r\n",
      "Content-Length: 5\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Expect: 100-continue\r\n",
      "Connection: Upgrade\r\nUpgrade: h2c\r\n",
      "Connection: Upgrade\r\nUpgrade: websocket\r\n",
      "0\r\n\r\n",
      "ffffffff\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      " HTTP/1.1\r\n",
      "X: ",
      "é\u00ff",
    )
    .map((text) => Buffer.from(text, "latin1")),
  fc.constantFrom(
    clientHello([]),
    clientHello([serverName("nope.test")]),
    clientHello([serverName(HOST)]).subarray(0, 40),
    Buffer.from([5, 1, 0]),
    Buffer.from([0x16, 3, 1, 0xff, 0xff]),
  ),
);

test("random bytes at the listener never end the gateway, and never cause a lookup or dial", async (t) => {
  const origin = await openOrigin();
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtExceptionMonitor", note);
  t.after(() => process.off("uncaughtExceptionMonitor", note));
  const fixture = await openGateway(t, { origin, limits: { headMs: 1000, handshakeMs: 1000 } });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.boolean(), async (pieces, apart) => {
      const client = await fixture.raw();
      if (apart) {
        for (const bytes of pieces) {
          client.send(bytes);
          await new Promise((resolve) => setImmediate(resolve));
        }
      } else client.send(Buffer.concat(pieces));
      client.socket.end();
      await client.closed(4000);
      client.end();
      assert.deepEqual([fixture.lookups, fixture.dials], [[], []]);
    }),
    { numRuns: RUNS },
  );
  assert.deepEqual(uncaught, []);
  assert.equal(fixture.audit.decisions().filter((decision) => decision.verdict === "allow").length, 0);
  const client = await fixture.inside();
  client.send(`GET /alive HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/alive"');
});

test("random bytes after the handshake never end the gateway, and reach no origin as another request", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, {
    origin,
    rules: [{ paths: ["/only"] }],
    limits: { headMs: 1000, idleMs: 1000 },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 10 }), async (pieces) => {
      const client = await fixture.inside();
      client.send(`GET /only HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      client.send(Buffer.concat(pieces));
      client.socket.end();
      await client.closed(4000);
      client.end();
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
  for (const seen of origin.seen) assert.equal(seen.url, "/only");
});
