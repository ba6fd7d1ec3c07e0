import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import test from "node:test";
import { credential, eventually, GOOD_ADDRESS, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin, openRawOrigin } from "../../support/gateway/origin.ts";
import { clientHello, openTunnel, serverName } from "../../support/gateway/raw-client.ts";
import { assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

const WITH_SECRET = { credentials: [credential()], values: { api: SECRET } };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("each server-sent event arrives before the next one is made", async (t) => {
  const streams: ServerResponse[] = [];
  const origin = await openOrigin({
    respond: (_, response) => {
      streams.push(response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 0\n\n");
    },
  });
  for (const options of [{}, WITH_SECRET]) {
    const fixture = await openGateway(t, { origin, ...options });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    for (let i = 0; i < 5; i += 1) {
      await client.until(`data: ${i}\n\n`);
      streams.at(-1)?.write(`data: ${i + 1}\n\n`);
    }
    client.end();
  }
});

test("a head is relayed before the first byte of its body", async (t) => {
  const origin = await openOrigin({
    respond: (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
    },
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await client.until("\r\n\r\n")), 200);
});

test("row 123: 100 MB go up with bounded memory", { timeout: 60_000 }, async (t) => {
  const size = 100 * 1024 * 1024;
  let received = 0;
  const origin = await openOrigin({
    respond: (request, response) => {
      request.on("data", (piece: Buffer) => {
        received += piece.length;
      });
      request.on("end", () => response.end("all of it"));
    },
  });
  const fixture = await openGateway(t, { origin, ...WITH_SECRET });
  const client = await fixture.inside();
  client.send(`PUT /up HTTP/1.1\r\nHost: ${HOST}\r\nX-Unread: 1\r\nContent-Length: ${size}\r\n\r\n`);
  const piece = Buffer.alloc(256 * 1024, "x");
  const before = process.memoryUsage().rss;
  let peak = 0;
  for (let sent = 0; sent < size; sent += piece.length) {
    if (!client.socket.write(piece)) await new Promise((resolve) => client.socket.once("drain", resolve));
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }
  await client.until("all of it", 30_000);
  assert.equal(received, size);
  assert.ok(peak < 80 * 1024 * 1024, `${Math.round(peak / 1048576)} MiB more than before`);
  await eventually(() => fixture.audit.results().length === 1);
  assert.equal(fixture.audit.results()[0]?.bytesOut, size);
});

test("row 121, row 123: a client that reads nothing stops the origin, and is cut off in the end", async (t) => {
  let written = 0;
  const origin = await openOrigin({
    respond: (_, response) => {
      const piece = Buffer.alloc(64 * 1024, "y");
      const more = () => {
        if (response.destroyed || written > 200 * 1024 * 1024) return;
        written += piece.length;
        if (response.write(piece)) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    },
  });
  const fixture = await openGateway(t, { origin, limits: { idleMs: 700 } });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until("\r\n\r\n");
  client.socket.pause();
  await pause(400);
  const after = written;
  await pause(200);
  assert.equal(written, after, "the origin waits");
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken from the origin`);
  await eventually(() => fixture.audit.results().length === 1);
  assert.notEqual(fixture.audit.results()[0]?.error, null);
  assert.equal(fixture.gateway.stats().exchanges, 0);
});

test("row 108: a known secret in a small body is found before anything is looked up", async (t) => {
  for (const form of [SECRET, Buffer.from(SECRET).toString("base64"), Buffer.from(SECRET).toString("hex")]) {
    const fixture = await openGateway(t, { ...WITH_SECRET, rules: [{}, { host: "evil.example.test" }] });
    const client = await fixture.inside("evil.example.test");
    const body = `{"paste":"${form}"}`;
    client.send(`POST / HTTP/1.1\r\nHost: evil.example.test\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const byte of body) {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
    assertNothingLeft(fixture);
    const [decision] = fixture.audit.decisions();
    assert.deepEqual([decision?.verdict, decision?.alert], ["deny", true]);
    assert.ok(!fixture.audit.text().includes(SECRET));
  }
});

test("row 108: a known secret in a streamed body aborts the upstream request before the rest goes", async (t) => {
  const seen: Buffer[] = [];
  let ended = false;
  const origin = await openOrigin({
    respond: (request) => {
      request.on("data", (piece: Buffer) => seen.push(piece));
      request.on("end", () => {
        ended = true;
      });
    },
  });
  const fixture = await openGateway(t, { origin, ...WITH_SECRET });
  const client = await fixture.inside();
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nX-Unread: 1\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunk = (text: string) => client.send(`${text.length.toString(16)}\r\n${text}\r\n`);
  // The end of what came may be the beginning of something, and waits for more.
  chunk("a harmless beginning; ".repeat(20));
  await eventually(() => Buffer.concat(seen).toString().includes("harmless"));
  chunk(`and ${SECRET} and the rest`);
  const answer = await client.until(/refused[\s\S]*\}/);
  assert.equal(statusOf(answer), 403);
  assert.match(answer, /secret-in-request/);
  assert.ok(!Buffer.concat(seen).toString().includes("rest"));
  assert.ok(!Buffer.concat(seen).toString().includes(SECRET));
  assert.equal(ended, false);
  await eventually(() => fixture.audit.results().length === 1);
  assert.match(fixture.audit.results()[0]?.error ?? "", /secret-in-request/);
  assert.equal(fixture.audit.decisions().at(-1)?.verdict, "deny");
  assert.equal(fixture.alerts.length, 1);
});

test("row 67: the verdict on the head comes before the 100, and a refused body is never asked for", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ paths: ["/ok"] }] });
  const allowed = await fixture.inside();
  allowed.send(`POST /ok HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
  assert.equal(statusOf(await allowed.until("\r\n\r\n")), 100);
  assertNothingLeft(fixture);
  allowed.send("body");
  await allowed.until('"body":"body"');
  assert.equal(origin.seen[0]?.headers.expect, undefined);
  const refused = await fixture.inside();
  refused.send(`POST /no HTTP/1.1\r\nHost: ${HOST}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
  const answer = await refused.closed();
  assert.equal(statusOf(answer), 403);
  assert.doesNotMatch(answer, /100 Continue/);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "path-not-listed");
  assert.equal(fixture.dials.length, 1);
});

test("row 123: a body over the rule's limit is refused, declared or not", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ maxRequestBytes: 10 }] });
  const declared = await fixture.inside();
  declared.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 11\r\n\r\nhello world`);
  const answer = await declared.until("}");
  assert.match(answer, /body-too-large/);
  assertNothingLeft(fixture);
  const chunked = await fixture.inside();
  chunked.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n`);
  assert.match(await chunked.until("}"), /body-too-large/);
  assert.deepEqual(origin.seen, []);
});

test("after a refused body the connection is still usable", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ paths: ["/ok"] }] });
  const client = await fixture.inside();
  const body = "z".repeat(300_000);
  client.send(`POST /no HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.match(await client.until("}"), /path-not-listed/);
  client.clear();
  client.send(`GET /ok HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/ok"');
});

test("an early answer to a large body is relayed", async (t) => {
  const origin = await openOrigin({
    respond: (_, response) => response.writeHead(413, { connection: "close" }).end("too much"),
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nX-Unread: 1\r\nContent-Length: 5000000\r\n\r\n${"a".repeat(1000)}`);
  assert.equal(statusOf(await client.until("too much")), 413);
});

test("a client that leaves ends the upstream request", async (t) => {
  let closed = false;
  const origin = await openOrigin({
    respond: (_, response) => {
      response.on("close", () => {
        closed = true;
      });
      response.write("first");
    },
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until("first");
  client.end();
  await eventually(() => closed);
  await eventually(() => fixture.audit.results().length === 1);
  assert.match(fixture.audit.results()[0]?.error ?? "", /client went away/);
});

test("row 123: several bodies of a million values at once are refused, and what is small passes between them", async (t) => {
  const origin = await openOrigin();
  const body = { shape: "anthropic-messages", allowProviderTools: [] } as const;
  const fixture = await openGateway(t, { origin, rules: [{ body, paths: ["/v1/messages"] }, { paths: ["/small"] }] });
  const bomb = `{"model":"a","stop_sequences":[${"{},".repeat(1_000_000)}0]}`;
  const clients = await Promise.all([1, 2, 3, 4].map(() => fixture.inside()));
  const head = `POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n`;
  for (const client of clients) client.send(`${head}Content-Length: ${bomb.length}\r\n\r\n${bomb}`);
  const small = await fixture.inside();
  small.send(`GET /small HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await small.until('"url":"/small"');
  for (const client of clients) assert.match(await client.until(/refused[\s\S]*\}/, 15_000), /body-shape/);
  const denied = fixture.audit.decisions().filter(({ verdict }) => verdict === "deny");
  assert.equal(denied.length, 4);
  for (const { detail } of denied) assert.match(detail ?? "", /^JSON: too many values/);
});

test("row 123: a bottle that has sent its budget sends nothing more, to no host", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, limits: { bytesOut: 10 } });
  const client = await fixture.inside();
  for (const path of ["/1", "/2"]) {
    client.clear();
    client.send(`POST ${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`);
    await client.until(`"url":"${path}"`);
  }
  const before = [fixture.lookups.length, fixture.dials.length];
  client.clear();
  client.send(`GET /3 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await client.until("}")), 503);
  assert.deepEqual([fixture.lookups.length, fixture.dials.length], before);
  const last = fixture.audit.decisions().at(-1);
  assert.deepEqual(
    [last?.verdict, last?.reason, last?.detail],
    ["deny", "limit-reached", "the bottle has sent 10 of 10 bytes"],
  );
  assert.equal(origin.seen.length, 2);
});

test("row 123: a spliced tunnel ends where the bottle has sent its budget", async (t) => {
  let got = 0;
  const origin = await openRawOrigin(
    (socket) => {
      socket.write("a server's first bytes");
      socket.on("data", (piece: Buffer) => {
        got += piece.length;
      });
    },
    { tls: false },
  );
  const fixture = await openGateway(t, { origin, rules: [{ mode: "splice" }], limits: { bytesOut: 100_000 } });
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.send(clientHello([serverName(HOST)]));
  await eventually(() => fixture.dials.length === 1);
  // The client's next bytes wait until the server has begun to answer.
  const timer = setInterval(() => tunnel.send(Buffer.alloc(20_000)), 5);
  t.after(() => clearInterval(timer));
  await tunnel.closed(10_000);
  clearInterval(timer);
  await eventually(() => fixture.audit.results().length === 1);
  assert.match(fixture.audit.results()[0]?.error ?? "", /sent all that it may/);
  assert.ok(got < 300_000, `${got} bytes arrived`);
  const again = await openTunnel(fixture.port, `${HOST}:443`);
  again.send(clientHello([serverName(HOST)]));
  await again.closed();
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "limit-reached");
  assert.equal(fixture.dials.length, 1);
});

test("row 131: a client that leaves while the name is looked up has a result line, and nothing is dialled", async (t) => {
  const waiting: (() => void)[] = [];
  const resolve = async () => {
    await new Promise<void>((wake) => waiting.push(wake));
    return [GOOD_ADDRESS];
  };
  const fixture = await openGateway(t, { origin: await openOrigin(), rules: [{ scheme: "http", port: 80 }], resolve });
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await eventually(() => waiting.length === 1);
  client.socket.resetAndDestroy();
  await eventually(() => fixture.gateway.stats().connections === 0);
  for (const wake of waiting) wake();
  await eventually(() => fixture.audit.results().length === 1);
  const [decision] = fixture.audit.decisions();
  const [result] = fixture.audit.results();
  assert.equal(decision?.verdict, "allow");
  assert.deepEqual([result?.id, result?.error, result?.bytesOut], [decision?.id, "the client went away", 0]);
  assert.deepEqual(fixture.dials, []);
});

test("a connection that carries many requests in chunks gathers no listeners", async (t) => {
  const warnings: string[] = [];
  const take = ({ name }: Error) => warnings.push(name);
  process.on("warning", take);
  t.after(() => process.off("warning", take));
  const fixture = await openGateway(t, {
    origin: await openOrigin({ respond: (_, response) => response.end("done") }),
  });
  const client = await fixture.inside();
  for (let i = 0; i < 12; i++) {
    client.clear();
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`);
    assert.equal(statusOf(await client.until("done")), 200);
  }
  assert.deepEqual(warnings, []);
});
