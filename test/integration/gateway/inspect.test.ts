import assert from "node:assert/strict";
import test from "node:test";
import { eventually, GOOD_ADDRESS, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

test("an allowed request is rebuilt, forwarded and written down, decision before result", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`POST /v1/x?q=1 HTTP/1.1\r\nHost: ${HOST}\r\nX-Mine: yes\r\nContent-Length: 5\r\n\r\nhello`);
  const answer = await client.until('"body":"hello"');
  assert.equal(statusOf(answer), 200);
  const [seen] = origin.seen;
  assert.deepEqual([seen?.method, seen?.url, seen?.headers.host], ["POST", "/v1/x?q=1", HOST]);
  assert.equal(seen?.headers["x-mine"], "yes");
  assert.deepEqual(fixture.lookups, [HOST]);
  assert.deepEqual(fixture.dials, [`${GOOD_ADDRESS}:443`]);
  await eventually(() => fixture.audit.results().length === 1);
  const types = fixture.audit.events.map((event) => event.type);
  assert.ok(types.indexOf("decision") < types.indexOf("result"));
  const [decision] = fixture.audit.decisions();
  const { id: _id, ...line } = decision ?? { id: "" };
  assert.deepEqual(line, {
    type: "decision",
    verdict: "allow",
    reason: "allowed",
    rule: "test:0",
    policyVersion: 1,
    mode: "inspect",
    method: "POST",
    authority: `${HOST}:443`,
    target: "/v1/x?q=1",
    credentials: [],
    address: null,
    alert: false,
    detail: null,
  });
  const [result] = fixture.audit.results();
  assert.deepEqual([result?.status, result?.bytesOut, result?.error], [200, 5, null]);
  assert.equal(result?.id, decision?.id);
});

test("plain HTTP is forwarded by a rule of scheme http, and https in absolute-form by one of scheme https", async (t) => {
  const origin = await openOrigin({ tls: false });
  const fixture = await openGateway(t, { origin, rules: [{ scheme: "http", port: 80 }] });
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/plain HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until('"url":"/plain"'), /200 OK/);
  assert.equal(fixture.audit.decisions()[0]?.mode, "http");

  const secure = await openOrigin();
  const other = await openGateway(t, { origin: secure });
  const absolute = await other.raw();
  absolute.send(`GET https://${HOST}/absolute HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await absolute.until('"url":"/absolute"');
  assert.equal(other.audit.decisions()[0]?.mode, "inspect");
});

test("https in absolute-form at a spliced host is refused: it would be decrypted here", async (t) => {
  const fixture = await openGateway(t, { rules: [{ mode: "splice" }] });
  const client = await fixture.raw();
  client.send(`GET https://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await client.until("}")), 403);
  await assertDenied(fixture, "tls-not-seen");
});

test("row 2: an inner Host that is not the tunnel's is answered 421", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{}, { host: "evil.example.test" }] });
  for (const host of ["evil.example.test", `${HOST}:8443`, `${HOST}.evil.test`]) {
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(statusOf(await client.until("}")), 421, host);
    await assertDenied(fixture, "authority-mismatch");
  }
  assert.equal(fixture.audit.decisions()[0]?.alert, true);
  assert.ok(fixture.alerts.length > 0);
});

test("row 3: absolute-form in the tunnel for another host is answered 421", async (t) => {
  const fixture = await openGateway(t, { rules: [{}, { host: "evil.example.test" }] });
  for (const [uri, host] of [
    ["https://evil.example.test/", HOST],
    ["https://evil.example.test/", "evil.example.test"],
    [`http://${HOST}/`, HOST],
  ] as const) {
    const client = await fixture.inside();
    client.send(`GET ${uri} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(statusOf(await client.until("}")), 421, uri);
    await assertDenied(fixture, "authority-mismatch");
  }
});

test("row 4: a plain request whose URI and Host differ is answered 400", async (t) => {
  const fixture = await openGateway(t, { rules: [{ scheme: "http", port: 80 }] });
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`);
  assert.equal(statusOf(await client.until("}")), 400);
  await assertDenied(fixture, "authority-mismatch");
});

test("row 20: what was judged is what is dialled, whatever the spelling", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside("API.example.test");
  client.send("GET / HTTP/1.1\r\nHost: Api.Example.Test:443\r\n\r\n");
  await client.until('"method"');
  assert.deepEqual(fixture.lookups, [HOST]);
  assert.equal(origin.seen[0]?.headers.host, HOST);
});

test("row 52: each pipelined request is judged", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ paths: ["/ok"] }] });
  const client = await fixture.inside();
  client.send(`GET /ok HTTP/1.1\r\nHost: ${HOST}\r\n\r\nGET /secret HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const both = await client.until(/HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 403/);
  assert.match(both, /path-not-listed/);
  assert.deepEqual(
    origin.seen.map((seen) => seen.url),
    ["/ok"],
  );
  assert.deepEqual(
    fixture.audit.decisions().map(({ verdict, target }) => [verdict, target]),
    [
      ["allow", "/ok"],
      ["deny", "/secret"],
    ],
  );
  assert.equal(fixture.dials.length, 1);
});

test("row 58, row 62, row 64: method and path of the rule are what counts", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ methods: ["GET"], paths: ["/v1/*"] }] });
  const requests = [
    ["POST /v1/x", ""],
    ["GET /v2/x", ""],
    ["GET /x?/v1/y", ""],
    ["GET /v1", ""],
    ["DELETE /v1/x", "X-HTTP-Method-Override: GET\r\n"],
  ] as const;
  for (const [line, header] of requests) {
    const client = await fixture.inside();
    client.send(`${line} HTTP/1.1\r\nHost: ${HOST}\r\n${header}\r\n`);
    assert.equal(statusOf(await client.until("}")), 403, line);
    await assertDenied(fixture, "method-not-listed", "path-not-listed");
  }
  const client = await fixture.inside();
  client.send(`GET /v1/x HTTP/1.1\r\nHost: ${HOST}\r\nX-HTTP-Method-Override: DELETE\r\n\r\n`);
  await client.until('"method":"GET"');
  assert.equal(origin.seen[0]?.headers["x-http-method-override"], undefined);
});

test("row 63: ambiguous paths are refused where path rules exist; allowed ones are sent byte by byte", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: [{ paths: ["/v1/*"] }] });
  for (const path of ["/v1/../x", "/v1/%2e%2e/x", "/v1/a%2fb", "/v1//x", "/v1/a\\b", "/v1/%00", "/v1/%", "/v1/./x"]) {
    const client = await fixture.inside();
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.equal(statusOf(await client.until("}")), 403, path);
    await assertDenied(fixture, "path-ambiguous");
  }
  const client = await fixture.inside();
  client.send(`GET /v1/a%20b;c=d?x=%2F..%2F&y HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /path-ambiguous/);
  client.clear();
  client.send(`GET /v1/a%20b,c=d?x=%2F..%2F&y HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url"');
  assert.deepEqual(
    origin.seen.map((seen) => seen.url),
    ["/v1/a%20b,c=d?x=%2F..%2F&y"],
  );
});

test("row 36: a redirect is handed to the client, never followed", async (t) => {
  const origin = await openOrigin({
    respond: (_, response) => response.writeHead(302, { location: "http://127.0.0.1/admin" }).end(),
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("\r\n\r\n"), /302[\s\S]*location: http:\/\/127\.0\.0\.1\/admin/i);
  assert.equal(fixture.dials.length, 1);
});

test("keep-alive: requests in one tunnel share tunnel and upstream connection", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  for (let i = 0; i < 5; i += 1) {
    client.clear();
    client.send(`GET /${i} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.until(`"url":"/${i}"`);
  }
  assert.equal(origin.accepted(), 1);
  assert.equal(fixture.dials.length, 1);
  assert.equal(fixture.audit.decisions().length, 5);
});

test("row 129, row 136: hostile text reaches the log as data, cut to its limit", async (t) => {
  const fixture = await openGateway(t);
  const client = await fixture.raw();
  client.send(`GET http://nope.example.test/${"a".repeat(5000)} HTTP/1.1\r\nHost: nope.example.test\r\n\r\n`);
  await client.until("}");
  const [decision] = fixture.audit.decisions();
  assert.ok((decision?.target?.length ?? 0) <= 2048);
  assertNothingLeft(fixture);
});

test("rows 130, 131: when no line can be written nothing is forwarded", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  fixture.audit.failing = true;
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /audit-failed/);
  assertNothingLeft(fixture);
  assert.equal(fixture.alerts.length, 1);
  fixture.audit.failing = false;
  client.clear();
  client.send(`GET /again HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/again"');
});
