import assert from "node:assert/strict";
import { createSecureServer } from "node:http2";
import test from "node:test";
import { credential, eventually, GOOD_ADDRESS, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { listenOn, openOrigin, openRawOrigin, originCa } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";

/** Answers every request on a raw connection with `bytes`. */
const answering = (bytes: string) =>
  openRawOrigin((socket) => {
    socket.on("data", () => socket.write(Buffer.from(bytes, "latin1")));
  });

test("row 68: a second response that nobody asked for is never delivered", async (t) => {
  const smuggled = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled";
  const origin = await answering(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst${smuggled}`);
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  for (let i = 0; i < 3; i += 1) {
    client.clear();
    client.send(`GET /${i} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.until(/first|refused[\s\S]*\}/);
    assert.doesNotMatch(answer, /smuggled/);
  }
});

for (const [method, status] of [
  ["GET", "304 Not Modified"],
  ["GET", "204 No Content"],
  ["HEAD", "200 OK"],
] as const) {
  test(`a ${status} to ${method} that names the length of a body that does not come is relayed whole`, async (t) => {
    const origin = await answering(`HTTP/1.1 ${status}\r\nContent-Length: 100\r\nETag: "a"\r\n\r\n`);
    for (const options of [{}, { credentials: [credential()], values: { api: SECRET } }]) {
      const fixture = await openGateway(t, { origin, ...options });
      const client = await fixture.inside();
      // Twice: the client's connection stays usable.
      for (const path of ["/1", "/2"]) {
        client.clear();
        client.send(`${method} ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
        const answer = await client.until("\r\n\r\n");
        assert.equal(statusOf(answer), Number(status.slice(0, 3)));
        assert.match(answer, /ETag: "a"/);
        assert.equal(/Content-Length: 100/.test(answer), !status.startsWith("204"));
      }
      await eventually(() => fixture.audit.results().length === 2);
      for (const result of fixture.audit.results()) assert.deepEqual([result.error, result.bytesIn], [null, 0]);
    }
  });
}

const MALFORMED: readonly (readonly [what: string, bytes: string])[] = [
  ["CL and TE", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"],
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a bare CR", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n"],
  ["an upgrade that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"],
  ["a head without end", `HTTP/1.1 200 OK\r\n${`X: ${"y".repeat(90)}\r\n`.repeat(2000)}`],
];

for (const [what, bytes] of MALFORMED) {
  test(`row 68: a response with ${what} becomes a refusal`, async (t) => {
    const origin = await answering(bytes);
    const fixture = await openGateway(t, { origin });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.until("}");
    assert.equal(statusOf(answer), 502, answer);
    await eventually(() => fixture.audit.results().length === 1);
    assert.notEqual(fixture.audit.results()[0]?.error, null);
  });
}

test("row 71: HTTP/2 is never spoken to an origin, not even to one that speaks nothing else", async (t) => {
  for (const allowHTTP1 of [true, false]) {
    const server = createSecureServer(
      { allowHTTP1, SNICallback: (name, done) => done(null, originCa.contextFor(name)) },
      (request, response) => response.end(`spoken: ${request.httpVersion}`),
    );
    let sessions = 0;
    server.on("session", () => {
      sessions += 1;
    });
    const fixture = await openGateway(t);
    fixture.ways.set(`${GOOD_ADDRESS}:443`, await listenOn(server));
    t.after(() => server.close());
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const answer = await client.closed();
    if (allowHTTP1) assert.match(answer, /spoken: 1\.1/);
    else assert.match(answer, /upstream-(tls|unreachable|malformed)/);
    assert.equal(sessions, 0);
  }
});

test("row 70: Alt-Svc and hop-by-hop fields stay here; Set-Cookie fields stay apart", async (t) => {
  const head = [
    "HTTP/1.1 200 OK",
    'Alt-Svc: h3=":443"',
    "Connection: keep-alive, X-Hop",
    "X-Hop: 1",
    "Proxy-Authenticate: Basic",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
    "X-Bot-Bottle-Reason: allowed",
    "Content-Length: 2",
  ].join("\r\n");
  const origin = await answering(`${head}\r\n\r\nok`);
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const answer = await client.until("\r\n\r\nok");
  assert.doesNotMatch(answer, /alt-svc|x-hop|proxy-auth|x-bot-bottle/i);
  assert.equal(answer.match(/set-cookie/gi)?.length, 2);
});

test("informational responses are skipped, the final one is relayed", async (t) => {
  const origin = await answering(
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone",
  );
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await client.until("done")), 200);
});

test("HEAD, 204 and 304 have no body and keep the connection", async (t) => {
  const origin = await openOrigin({
    respond: (request, response) => {
      if (request.method === "HEAD") response.writeHead(200, { "content-length": "1234" }).end();
      else if (request.url === "/204") response.writeHead(204).end();
      else if (request.url === "/304") response.writeHead(304, { etag: '"x"' }).end();
      else response.end("last");
    },
  });
  const fixture = await openGateway(t, { origin, credentials: [credential()], values: { api: SECRET } });
  const client = await fixture.inside();
  for (const line of ["HEAD /h", "GET /204", "GET /304"]) {
    client.clear();
    client.send(`${line} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.match(await client.until("\r\n\r\n"), /HTTP\/1\.1 (200|204|304)/);
  }
  client.send(`GET /last HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until("last");
});

test("a response that is cut off upstream is cut off for the client, not completed", async (t) => {
  const origin = await openRawOrigin((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial");
      setTimeout(() => socket.destroy(), 50);
    });
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until("partial");
  await client.closed();
  await eventually(() => fixture.audit.results().length === 1);
  assert.notEqual(fixture.audit.results()[0]?.error, null);
});

test("an upstream that never answers is given up, and says so", async (t) => {
  const origin = await openRawOrigin((socket) => socket.on("data", () => {}));
  const fixture = await openGateway(t, { origin, limits: { responseHeadMs: 300 } });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const answer = await client.until("}", 8000);
  assert.equal(statusOf(answer), 504);
  assert.match(answer, /upstream-timeout/);
});
