import assert from "node:assert/strict";
import { test } from "node:test";
import { HEADER_COUNT_LIMIT } from "../../../src/core/wire/header-pairs.ts";
import { type HeadReading, readRequestHead } from "../../../src/core/wire/request-head.ts";

const GUARDED = new Set(["authorization", "x-api-key", "x-custom-token"]);

function read(
  fields: readonly string[],
  over: { method?: string; target?: string; httpVersion?: string } = {},
): HeadReading {
  const { method = "GET", target = "https://a.test/x", httpVersion = "1.1" } = over;
  return readRequestHead({ method, target, httpVersion, rawHeaders: fields }, GUARDED);
}

function refusedWith(reading: HeadReading, status: number, reason: string): void {
  assert.ok(!reading.ok);
  assert.deepEqual([reading.status, reading.reason], [status, reason], reading.why);
}

test("a plain head is read", () => {
  const reading = read(["Host", "a.test", "Accept", "*/*"]);
  assert.ok(reading.ok);
  assert.equal(reading.head.host, "a.test");
  assert.deepEqual(reading.head.body, { kind: "none" });
  assert.deepEqual(reading.head.headers, [
    ["Host", "a.test"],
    ["Accept", "*/*"],
  ]);
});

test("row 5: not exactly one Host field", () => {
  refusedWith(read([]), 400, "request-malformed");
  refusedWith(read(["Host", "a.test", "Host", "a.test"]), 400, "request-malformed");
  refusedWith(read(["Host", "a.test", "hOST", "b.test"]), 400, "request-malformed");
});

test("row 43, 44, 45, 46: framing that parsers read differently", () => {
  const cases: readonly (readonly string[])[] = [
    ["Content-Length", "3", "Transfer-Encoding", "chunked"],
    ["Content-Length", "3", "Content-Length", "3"],
    ["Content-Length", "3, 3"],
    ["Content-Length", "+3"],
    ["Content-Length", "-3"],
    ["Content-Length", "0x3"],
    ["Content-Length", ""],
    ["Content-Length", "3 4"],
    ["Content-Length", "99999999999999999999"],
    ["Transfer-Encoding", "xchunked"],
    ["Transfer-Encoding", "chunked, identity"],
    ["Transfer-Encoding", "identity"],
    ["Transfer-Encoding", "gzip, chunked"],
    ["Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"],
    ["Transfer-Encoding", "\tchunked"],
    ["Transfer-Encoding", ""],
  ];
  for (const fields of cases)
    refusedWith(read(["Host", "a.test", ...fields], { method: "POST" }), 400, "request-malformed");
  refusedWith(
    read(["Host", "a.test", "Transfer-Encoding", "chunked"], { httpVersion: "1.0" }),
    400,
    "request-malformed",
  );
});

test("row 45: the framings that remain", () => {
  const length = read(["Host", "a.test", "Content-Length", "12"], { method: "POST" });
  assert.ok(length.ok);
  assert.deepEqual(length.head.body, { kind: "length", length: 12 });
  const chunked = read(["Host", "a.test", "Transfer-Encoding", "Chunked"], { method: "POST" });
  assert.ok(chunked.ok);
  assert.deepEqual(chunked.head.body, { kind: "chunked" });
});

test("row 47, 69: names and values that are no fields", () => {
  for (const [name, value] of [
    ["X y", "1"],
    ["X:", "1"],
    ["", "1"],
    ["X\r\nY", "1"],
    ["é", "1"],
    ["X", "a\r\nB: c"],
    ["X", "a\0"],
    ["X", "a\x1b[0m"],
    ["X", "\u0100"],
    ["X", "\x7f"],
  ] as const) {
    refusedWith(read(["Host", "a.test", name, value]), 400, "request-malformed");
  }
});

test("row 49, 122: one field too many is refused, not cut off", () => {
  const fill = (count: number): string[] => Array.from({ length: count }, (_, i) => [`X-${i}`, "v"]).flat();
  assert.ok(read(["Host", "a.test", ...fill(HEADER_COUNT_LIMIT - 1)]).ok);
  refusedWith(read(["Host", "a.test", ...fill(HEADER_COUNT_LIMIT)]), 431, "limit-reached");
});

test("rows 2, 50, 62, 63: twins of fields that the gateway judges, writes or drops", () => {
  for (const name of [
    "x_api_key",
    "X_Api-Key",
    "x_custom_token",
    "Content_Length",
    "Transfer_Encoding",
    "proxy_authorization",
    "__proto__",
  ]) {
    refusedWith(read(["Host", "a.test", name, "v"]), 400, "request-malformed");
  }
  refusedWith(read(["Host", "a.test", "X-Other", "1", "x_other", "2"]), 400, "request-malformed");
  for (const name of ["X_HTTP_Method_Override", "X_Forwarded_Host", "x_original_url", "X-Accel_Redirect", "X.Host"])
    refusedWith(read(["Host", "a.test", name, "DELETE"]), 400, "request-malformed");
  for (const name of ["x.api.key", "Content.Length", "x-api!key"])
    refusedWith(read(["Host", "a.test", name, "1"]), 400, "request-malformed");
  assert.ok(read(["Host", "a.test", "session_id", "an ordinary name with an underscore"]).ok);
});

test("row 50: odd names stay pairs, never properties", () => {
  const reading = read(["Host", "a.test", "constructor", "1", "toString", "2"]);
  assert.ok(reading.ok);
  assert.deepEqual(reading.head.headers.slice(1), [
    ["constructor", "1"],
    ["toString", "2"],
  ]);
});

test("row 51: Connection must not list what gives the request its meaning", () => {
  for (const name of ["host", "Content-Length", "transfer-encoding", "content-type"]) {
    refusedWith(read(["Host", "a.test", "Connection", `keep-alive, ${name}`]), 400, "request-malformed");
  }
  assert.ok(read(["Host", "a.test", "Connection", "authorization"]).ok, "stripped instead, before ours is written");
});

test("row 53, 54, 55: only WebSocket can be upgraded to", () => {
  const upgrade = (value: string, ...rest: string[]): HeadReading =>
    read(["Host", "a.test", "Connection", "Upgrade", "Upgrade", value, ...rest]);
  refusedWith(upgrade("h2c"), 400, "upgrade-refused");
  refusedWith(upgrade("websocket, h2c"), 400, "upgrade-refused");
  refusedWith(upgrade("websocket", "Upgrade", "websocket"), 400, "upgrade-refused");
  refusedWith(upgrade("TLS/1.0"), 400, "upgrade-refused");
  refusedWith(read(["Host", "a.test", "HTTP2-Settings", "x"]), 400, "upgrade-refused");
  refusedWith(read(["Host", "a.test", "Upgrade", "websocket"]), 400, "upgrade-refused");
  refusedWith(
    read(["Host", "a.test", "Connection", "Upgrade", "Upgrade", "websocket"], { method: "POST" }),
    400,
    "upgrade-refused",
  );
  const websocket = upgrade("WebSocket");
  assert.ok(websocket.ok && websocket.head.upgrade === "websocket");
});

test("row 57, 61: methods that are never forwarded", () => {
  for (const method of ["TRACE", "TRACK", "CONNECT"])
    refusedWith(read(["Host", "a.test"], { method }), 405, "method-refused");
  for (const method of ["PROPFIND", "get", "GETX", "", "DEBUG"])
    refusedWith(read(["Host", "a.test"], { method }), 501, "method-refused");
  refusedWith(read(["Host", "a.test"], { method: "OPTIONS", target: "*" }), 405, "method-refused");
});

test("row 66: a GET with a body is framed like any other", () => {
  const reading = read(["Host", "a.test", "Content-Length", "5"]);
  assert.ok(reading.ok);
  assert.deepEqual(reading.head.body, { kind: "length", length: 5 });
});

test("row 67: the one expectation there is", () => {
  const reading = read(["Host", "a.test", "Expect", "100-Continue"], { method: "POST" });
  assert.ok(reading.ok && reading.head.expectsContinue);
  refusedWith(read(["Host", "a.test", "Expect", "200-ok"]), 417, "request-malformed");
  refusedWith(read(["Host", "a.test", "Expect", "100-continue", "Expect", "100-continue"]), 417, "request-malformed");
});

test("other versions of HTTP are refused", () => {
  refusedWith(read(["Host", "a.test"], { httpVersion: "2.0" }), 400, "request-malformed");
  refusedWith(read(["Host", "a.test"], { httpVersion: "0.9" }), 400, "request-malformed");
});
