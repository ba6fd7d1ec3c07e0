import assert from "node:assert/strict";
import test from "node:test";
import type { ReasonCode } from "../../../src/core/model/decision.ts";
import { HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, statusOf } from "../../support/gateway/verdicts.ts";

const URI = `http://${HOST}/`;

/** Attack row, what, bytes of a plain proxy request, the answer and its reason. */
const REFUSED: readonly (readonly [row: string, what: string, bytes: string, status: number, reason: ReasonCode])[] = [
  [
    "row 5",
    "two Host fields",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nHost: evil.test\r\n\r\n`,
    400,
    "request-malformed",
  ],
  ["row 5", "no Host field", `GET ${URI} HTTP/1.1\r\nX: 1\r\n\r\n`, 400, "request-malformed"],
  [
    "row 43",
    "CL and TE",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  [
    "row 44",
    "two lengths",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx`,
    400,
    "request-malformed",
  ],
  [
    "row 44",
    "listed length",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1, 1\r\n\r\nx`,
    400,
    "request-malformed",
  ],
  [
    "row 44",
    "signed length",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: +1\r\n\r\nx`,
    400,
    "request-malformed",
  ],
  [
    "row 45",
    "xchunked",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  [
    "row 45",
    "chunked, identity",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  [
    "row 45",
    "gzip, chunked",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  [
    "row 46",
    "TE on 1.0",
    `POST ${URI} HTTP/1.0\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  ["row 47", "obs-fold", `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nX: a\r\n b\r\n\r\n`, 400, "request-malformed"],
  ["row 47", "space before colon", `GET ${URI} HTTP/1.1\r\nHost : ${HOST}\r\n\r\n`, 400, "request-malformed"],
  ["row 47", "bare LF", `GET ${URI} HTTP/1.1\nHost: ${HOST}\n\n`, 400, "request-malformed"],
  ["row 47", "bare CR in a value", `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nX: a\rb\r\n\r\n`, 400, "request-malformed"],
  ["row 47", "NUL in a value", `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nX: a\0b\r\n\r\n`, 400, "request-malformed"],
  [
    "row 48",
    "hex prefix in a chunk size",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n`,
    400,
    "request-malformed",
  ],
  [
    "row 53",
    "h2c",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    400,
    "upgrade-refused",
  ],
  [
    "row 53",
    "h2c without Connection",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nUpgrade: h2c\r\n\r\n`,
    400,
    "upgrade-refused",
  ],
  ["row 61", "TRACE", `TRACE ${URI} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 405, "method-refused"],
  ["row 61", "OPTIONS *", `OPTIONS * HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 405, "method-refused"],
  ["row 61", "PROPFIND", `PROPFIND ${URI} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 501, "method-refused"],
  ["row 61", "made-up method", `FOO ${URI} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 400, "request-malformed"],
  [
    "row 67",
    "unknown expectation",
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nExpect: fun\r\nContent-Length: 1\r\n\r\n`,
    417,
    "request-malformed",
  ],
  [
    "row 9",
    "user-info in the URI",
    `GET http://${HOST}@evil.test/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    400,
    "authority-invalid",
  ],
  ["row 18", "TAB in the URI", `GET http://${HOST}\t/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 400, "request-malformed"],
  [
    "row 18",
    "backslash in the host",
    `GET http://${HOST}\\@evil.test/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
    400,
    "request-malformed",
  ],
  ["row 54", "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "request-malformed"],
  [
    "row 122",
    "a long head",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nX: ${"a".repeat(17_000)}\r\n\r\n`,
    431,
    "limit-reached",
  ],
  [
    "row 49",
    "1100 fields",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\n${"a: b\r\n".repeat(1100)}Host: evil.test\r\n\r\n`,
    431,
    "limit-reached",
  ],
  [
    "row 122",
    "101 fields",
    `GET ${URI} HTTP/1.1\r\nHost: ${HOST}\r\n${"a: b\r\n".repeat(100)}\r\n`,
    431,
    "limit-reached",
  ],
];

for (const [row, what, bytes, status, reason] of REFUSED) {
  test(`${row}: ${what} is refused, and nothing of it leaves`, async (t) => {
    const fixture = await openGateway(t, { rules: [{ scheme: "http", port: 80 }] });
    const client = await fixture.raw();
    client.send(bytes);
    assert.equal(statusOf(await client.until("}")), status);
    await assertDenied(fixture, reason);
    assert.ok(fixture.audit.decisions().every(({ verdict }) => verdict === "deny"));
  });
}

test("rows 47, 48: LF-only chunks end the exchange, and what follows is no second request", async (t) => {
  const origin = await openOrigin({ tls: false });
  const fixture = await openGateway(t, { origin, rules: [{ scheme: "http", port: 80 }] });
  const client = await fixture.raw();
  client.send(
    `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\nGET ${URI}smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  );
  await client.closed();
  assert.deepEqual(origin.seen, []);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "request-malformed");
  assert.ok(fixture.audit.decisions().every((decision) => decision.target !== "/smuggled"));
});

test("rows 43, 48: what is forwarded is framed anew, in one way only, without chunk extensions and trailers", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(
    `POST /c HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: X-T\r\n\r\n`,
  );
  client.send("3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: dropped\r\n\r\n");
  await client.until('"body":"abcde"');
  const [seen] = origin.seen;
  assert.equal(seen?.headers["content-length"], undefined);
  assert.equal(seen?.headers["transfer-encoding"], "chunked");
  assert.equal(seen?.headers.te, undefined);
  assert.equal(seen?.headers.trailer, undefined);
});

test("row 48: an endless chunk extension or a size above every number is refused, and nothing is delivered", async (t) => {
  const origin = await openOrigin({ tls: false });
  const fixture = await openGateway(t, { origin, rules: [{ scheme: "http", port: 80 }] });
  const head = `POST ${URI} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  for (const line of [`1;${"x".repeat(20_000)}`, "f".repeat(17)]) {
    const client = await fixture.raw();
    client.send(`${head}${line}\r\na\r\n0\r\n\r\n`);
    assert.ok([400, 431].includes(statusOf(await client.closed())));
    const last = fixture.audit.decisions().at(-1);
    assert.deepEqual([last?.verdict, /^(?:request-malformed|limit-reached)$/.test(last?.reason ?? "")], ["deny", true]);
  }
  assert.deepEqual(origin.seen, []);
});

test("row 48: a chunk's size may not begin with zeros for ever, outside and inside a tunnel; many small chunks may come", async (t) => {
  const origin = await openOrigin();
  const plain = await openOrigin({ tls: false });
  t.after(() => plain.close());
  const fixture = await openGateway(t, { origin, rules: [{}, { scheme: "http", port: 80 }] });
  fixture.ways.set("93.184.215.14:80", plain.port);
  const head = (uri: string) => `POST ${uri} HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  for (const [client, uri] of [
    [await fixture.raw(), `${URI}zeros`],
    [await fixture.inside(), "/zeros"],
  ] as const) {
    client.send(`${head(uri)}2\r\nab\r\n`);
    const timer = setInterval(() => client.send("0".repeat(32_768)), 5);
    client.socket.once("close", () => clearInterval(timer));
    await client.closed(20_000);
    clearInterval(timer);
  }
  const denied = fixture.audit.decisions().filter((decision) => decision.verdict === "deny");
  assert.deepEqual(
    denied.map(({ reason, detail }) => [reason, detail]),
    [1, 2].map(() => ["request-malformed", "HPE_INVALID_CHUNK_SIZE"]),
  );
  assert.deepEqual([origin.seen, plain.seen], [[], []]);

  // 300 000 chunks of one byte: 1.5 MB of lines, each with its content.
  const client = await fixture.inside();
  client.send(`${head("/small")}${"1\r\nx\r\n".repeat(300_000)}0\r\n\r\n`);
  await client.until('"url":"/small"', 20_000);
  assert.equal(origin.seen.at(-1)?.body.length, 300_000);
});

test("row 66: a GET with a body is forwarded with it, never split in two", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET /g HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nGET /`);
  await client.until("}");
  assert.deepEqual(
    origin.seen.map((seen) => [seen.method, seen.url, seen.body.toString()]),
    [["GET", "/g", "GET /"]],
  );
  assert.deepEqual(
    fixture.audit.decisions().map(({ verdict, target }) => [verdict, target]),
    [["allow", "/g"]],
  );
});

test("row 50: __proto__ and odd names change nothing", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nconstructor: 1\r\ntoString: 2\r\n\r\n`);
  await client.until('"method"');
  assert.ok(origin.seen[0]?.rawHeaders.includes("constructor"));
});

test("HTTP/1.0 requests are answered and the connection closed", async (t) => {
  const origin = await openOrigin({ tls: false, respond: (_, response) => response.end("old") });
  const fixture = await openGateway(t, { origin, rules: [{ scheme: "http", port: 80 }] });
  const client = await fixture.raw();
  client.send(`GET ${URI} HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.closed(), /\r\n\r\nold$/);
});
