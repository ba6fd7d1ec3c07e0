import assert from "node:assert/strict";
import test from "node:test";
import type { ReasonCode } from "../../../src/core/model/decision.ts";
import { eventually, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { openTunnel } from "../../support/gateway/raw-client.ts";
import { assertDenied, assertNothingLeft, bodyOf, statusOf } from "../../support/gateway/verdicts.ts";

/** Attack row, CONNECT target; each is answered so before anything is looked up, with a Host field that agrees. */
const REFUSED: readonly (readonly [row: string, target: string, status: number, reason: ReasonCode])[] = [
  ["row 9", `${HOST}:443@evil.example.test:443`, 400, "authority-invalid"],
  ["row 9", `user@${HOST}:443`, 400, "authority-invalid"],
  ["row 10", HOST, 400, "authority-invalid"],
  ["row 10", `${HOST}:0`, 400, "authority-invalid"],
  ["row 10", `${HOST}:65536`, 400, "authority-invalid"],
  ["row 10", `${HOST}:+443`, 400, "authority-invalid"],
  ["row 10", `${HOST}:`, 400, "authority-invalid"],
  ["row 11", "[[::1]]:443", 400, "authority-invalid"],
  ["row 11", "[::1%eth0]:443", 400, "authority-invalid"],
  ["row 12", "evil-api.example.test:443", 403, "host-not-listed"],
  ["row 12", "xapi.example.test:443", 403, "host-not-listed"],
  ["row 13", `${HOST}.evil.test:443`, 403, "host-not-listed"],
  ["row 14", "example.test:443", 403, "host-not-listed"],
  ["row 16", "\u00e1pi.example.test:443", 400, "request-malformed"],
  ["row 18", `${HOST}\\:443`, 400, "request-malformed"],
  ["row 19", "api%2eexample%2etest:443", 400, "authority-invalid"],
  ["row 21", `${"a".repeat(64)}.example.test:443`, 400, "authority-invalid"],
  ["row 21", `${"a.".repeat(130)}test:443`, 400, "authority-invalid"],
  ["row 25", "127.0.0.1:443", 403, "host-not-listed"],
  ["row 25", "[::1]:443", 403, "host-not-listed"],
  ["row 26", "2130706433:443", 400, "authority-invalid"],
  ["row 26", "0x7f000001:443", 400, "authority-invalid"],
  ["row 26", "0177.0.0.1:443", 400, "authority-invalid"],
  ["row 26", "127.1:443", 400, "authority-invalid"],
  ["row 26", "0:443", 400, "authority-invalid"],
  ["row 27", "[::ffff:127.0.0.1]:443", 403, "host-not-listed"],
  ["row 30", "169.254.169.254:443", 403, "host-not-listed"],
  ["row 39", "localhost:443", 403, "host-not-listed"],
  ["row 41", "1.1.1.1:443", 403, "host-not-listed"],
  ["row 41", "1.1.1.1:853", 403, "host-not-listed"],
  ["row 58", `${HOST}:22`, 403, "port-not-listed"],
  ["row 58", `${HOST}:25`, 403, "port-not-listed"],
  ["row 58", `${HOST}:6379`, 403, "port-not-listed"],
  ["row 58", `${HOST}:2375`, 403, "port-not-listed"],
];

for (const [row, target, status, reason] of REFUSED) {
  test(`${row}: CONNECT ${JSON.stringify(target)} is refused before any lookup`, async (t) => {
    const fixture = await openGateway(t);
    const client = await fixture.raw();
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    assert.equal(statusOf(await client.closed()), status);
    await assertDenied(fixture, reason);
    const [decision, ...more] = fixture.audit.decisions();
    // What node:http itself refuses has no method yet.
    assert.deepEqual([decision?.method, more.length], [reason === "request-malformed" ? null : "CONNECT", 0]);
  });
}

test("row 17: a NUL in the host is refused", async (t) => {
  const fixture = await openGateway(t);
  const client = await fixture.raw();
  client.send(`CONNECT evil.test\0.${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`);
  assert.equal(statusOf(await client.closed()), 400);
  await assertDenied(fixture, "request-malformed");
});

test("row 8, row 15: one trailing dot and upper case name the same host", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  for (const target of [`${HOST}.:443`, "API.Example.TEST:443"]) {
    const client = await openTunnel(fixture.port, target);
    assert.equal(statusOf(client.received()), 200, target);
    client.end();
  }
  const two = await openTunnel(fixture.port, `${HOST}..:443`);
  assert.equal(statusOf(two.received()), 400);
  two.end();
  assertNothingLeft(fixture);
});

test("row 5: two Host fields, or a Host that is not the target, are refused", async (t) => {
  const fixture = await openGateway(t);
  for (const hosts of [`Host: ${HOST}:443\r\nHost: evil.test:443\r\n`, "Host: evil.example.test:443\r\n"]) {
    const client = await fixture.raw();
    client.send(`CONNECT ${HOST}:443 HTTP/1.1\r\n${hosts}\r\n`);
    assert.equal(statusOf(await client.closed()), 400, hosts);
    await assertDenied(fixture, "request-malformed", "authority-mismatch");
  }
});

test("row 109: a query that nobody read as fields is not in the log: a known value would stand there in pieces", async (t) => {
  const fixture = await openGateway(t);
  const query = "a=correct-hor&b=se-battery";
  const requests = [
    `GET http://${HOST}/x?${query} HTTP/1.1\r\nHost: ${HOST}\r\nHost: evil.example.test\r\n\r\n`,
    `GET /x?${query} HTTP/1.1\r\nHost: 127.0.0.1:9099\r\n\r\n`,
  ];
  for (const [index, request] of requests.entries()) {
    const client = await fixture.raw();
    client.send(request);
    await client.until("\r\n\r\n");
    client.end();
    await eventually(() => fixture.audit.decisions().length > index);
    const { target } = fixture.audit.decisions()[index] ?? {};
    assert.match(String(target), /\/x\?\[several values\]$/);
  }
});

test("row 22: an empty policy denies everything", async (t) => {
  const fixture = await openGateway(t, { rules: [] });
  const client = await openTunnel(fixture.port, `${HOST}:443`);
  assert.equal(statusOf(client.received()), 403);
  const plain = await fixture.raw();
  plain.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await plain.until("\r\n\r\n")), 403);
  await assertDenied(fixture, "host-not-listed");
});

test("row 24: a rule for https does not open http, nor the other way round", async (t) => {
  const fixture = await openGateway(t, { rules: [{}, { host: "plain.example.test", port: 80, scheme: "http" }] });
  const plain = await fixture.raw();
  plain.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await plain.until("\r\n\r\n")), 403);
  await assertDenied(fixture, "port-not-listed");
  const tunnel = await openTunnel(fixture.port, "plain.example.test:80");
  assert.equal(statusOf(tunnel.received()), 403);
  await assertDenied(fixture, "scheme-not-listed");
});

test("row 60: CONNECT with a body is refused", async (t) => {
  for (const framing of ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]) {
    const fixture = await openGateway(t);
    const client = await fixture.raw();
    client.send(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n${framing}`);
    assert.equal(statusOf(await client.closed()), 400);
    await assertDenied(fixture, "request-malformed");
  }
});

test("row 60: bytes sent before the 200 are read as the beginning of the tunnel, never as a request", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.raw();
  client.send(
    `CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  );
  await client.closed();
  await assertDenied(fixture, "tls-not-seen");
  assert.equal(origin.seen.length, 0);
});

test("row 57: CONNECT inside an inspected tunnel is refused", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`CONNECT evil.example.test:443 HTTP/1.1\r\nHost: evil.example.test:443\r\n\r\n`);
  assert.equal(statusOf(await client.closed()), 405);
  await assertDenied(fixture, "method-refused");
});

test("row 77: a SOCKS handshake and TLS to the proxy port are answered 400", async (t) => {
  for (const bytes of [
    [5, 1, 0],
    [4, 1, 1, 187, 93, 184, 215, 14, 0],
    [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0],
  ]) {
    const fixture = await openGateway(t);
    const client = await fixture.raw();
    client.send(Buffer.from(bytes));
    assert.equal(statusOf(await client.closed()), 400);
    await assertDenied(fixture, "request-malformed");
  }
});

test("row 136: a refusal says what happened and nothing of the policy", async (t) => {
  const fixture = await openGateway(t, { rules: [{ host: "secret-host.example.test" }] });
  const client = await openTunnel(fixture.port, "evil.example.test:443");
  const answer = await client.closed();
  await assertDenied(fixture, "host-not-listed");
  const said = JSON.parse(bodyOf(answer));
  assert.match(answer, /x-bot-bottle-reason: host-not-listed/i);
  assert.ok(answer.includes(fixture.audit.decisions()[0]?.id ?? "-"));
  assert.equal(typeof said, "object");
  assert.doesNotMatch(answer, /secret-host/);
});

test("an origin-form request finds a service, or a refusal", async (t) => {
  const fixture = await openGateway(t, {
    services: { mcp: (request, response) => response.end(`service got ${request.url}`) },
  });
  const client = await fixture.raw();
  client.send("GET /mcp/x HTTP/1.1\r\nHost: 127.0.0.1:9099\r\n\r\n");
  assert.match(await client.until("service got"), /service got \/mcp\/x/);
  client.clear();
  client.send("GET /mcpx HTTP/1.1\r\nHost: 127.0.0.1:9099\r\n\r\n");
  assert.equal(statusOf(await client.until("}")), 404);
  await assertDenied(fixture, "host-not-listed");
});
