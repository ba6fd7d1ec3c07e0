import assert from "node:assert/strict";
import { test } from "node:test";
import { flattenHeaders, type HeaderPair, headerValues } from "../../../src/core/wire/header-pairs.ts";
import {
  rebuildRequestHeaders,
  rebuildResponseHeaders,
  rebuildUpgradeHeaders,
} from "../../../src/core/wire/rebuild.ts";
import { type RequestHead, readRequestHead } from "../../../src/core/wire/request-head.ts";

function head(fields: readonly string[], method = "POST"): RequestHead {
  const reading = readRequestHead({ method, target: "/x", httpVersion: "1.1", rawHeaders: fields }, new Set());
  assert.ok(reading.ok, "the fixture is a valid head");
  return reading.head;
}

const names = (headers: readonly HeaderPair[]): string[] => headers.map(([name]) => name.toLowerCase());

test("row 5, 51, 101: only end-to-end fields pass, with one Host of ours first", () => {
  const fields = [
    "hOsT",
    "A.test",
    "Connection",
    "close, X-Gone , authorization",
    "X-Gone",
    "1",
    "Authorization",
    "Bearer x",
    "Proxy-Authorization",
    "Basic eA==",
    "Proxy-Connection",
    "keep-alive",
    "Keep-Alive",
    "timeout=5",
    "TE",
    "trailers",
    "Trailer",
    "X-T",
    "Expect",
    "100-continue",
    "X-Kept",
    "1",
    "X-Kept",
    "2",
    "Content-Length",
    "3",
  ];
  assert.deepEqual(rebuildRequestHeaders(head(fields), { hostField: "a.test", identity: false }), [
    ["Host", "a.test"],
    ["X-Kept", "1"],
    ["X-Kept", "2"],
    ["Content-Length", "3"],
  ]);
});

test("row 43: the framing is ours: no Transfer-Encoding is relayed", () => {
  const rebuilt = rebuildRequestHeaders(head(["Host", "a.test", "Transfer-Encoding", "chunked"]), {
    hostField: "a.test",
    identity: false,
  });
  assert.deepEqual(rebuilt, [["Host", "a.test"]]);
});

test("row 2, 62, 63: method, host and path overrides are stripped", () => {
  const overrides = [
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-Host",
    "X-Host",
    "Forwarded",
    "X-Method",
    "X-Original-Path",
    "X-Original-Method",
    "X-Forwarded-Uri",
    "X-Forwarded-Path",
    "X-Forwarded-For",
    "X-Envoy-Original-Path",
    "X-Accel-Redirect",
    "Base-Url",
  ];
  const fields = ["Host", "a.test", ...overrides.flatMap((name) => [name, "DELETE"])];
  assert.deepEqual(rebuildRequestHeaders(head(fields), { hostField: "a.test", identity: false }), [["Host", "a.test"]]);
});

test("fields that honest clients send behind a forward proxy pass", () => {
  const kept = [
    "X-Request-Id",
    "X-GitHub-Api-Version",
    "X-Stainless-Os",
    "Origin",
    "Referer",
    "X-Requested-With",
    "Via",
  ];
  const fields = ["Host", "a.test", ...kept.flatMap((name) => [name, "1"])];
  const rebuilt = rebuildRequestHeaders(head(fields), { hostField: "a.test", identity: false });
  assert.deepEqual(rebuilt.map(([name]) => name).slice(1), kept);
});

test("row 89, 91: a reply that will be scrubbed is asked for whole and unencoded", () => {
  const fields = ["Host", "a.test", "Accept-Encoding", "gzip, br", "Range", "bytes=0-9", "If-Range", "x"];
  const scrubbed = rebuildRequestHeaders(head(fields), { hostField: "a.test", identity: true });
  assert.deepEqual(scrubbed, [
    ["Host", "a.test"],
    ["Accept-Encoding", "identity"],
  ]);
  const plain = rebuildRequestHeaders(head(fields), { hostField: "a.test", identity: false });
  assert.deepEqual(headerValues(plain, "range"), ["bytes=0-9"]);
});

test("row 56: a WebSocket handshake offers no extensions", () => {
  const fields = [
    "Host",
    "a.test",
    "Connection",
    "Upgrade",
    "Upgrade",
    "websocket",
    "Sec-WebSocket-Key",
    "x",
    "Sec-WebSocket-Extensions",
    "permessage-deflate",
  ];
  const rebuilt = rebuildUpgradeHeaders(head(fields, "GET"), { hostField: "a.test" });
  assert.deepEqual(names(rebuilt), ["host", "sec-websocket-key", "connection", "upgrade"]);
  assert.deepEqual(headerValues(rebuilt, "upgrade"), ["websocket"]);
});

test("row 70: Alt-Svc and hop-by-hop fields of a response are stripped, cookies stay apart", () => {
  const reading = rebuildResponseHeaders([
    "Alt-Svc",
    'h3=":443"',
    "Set-Cookie",
    "a=1",
    "Set-Cookie",
    "b=2",
    "Connection",
    "close, X-Hop",
    "X-Hop",
    "1",
    "Keep-Alive",
    "x",
    "Proxy-Authenticate",
    "Basic",
    "Trailer",
    "x",
    "Upgrade",
    "h2c",
    "Content-Type",
    "text/plain",
    "Content-Length",
    "7",
  ]);
  assert.ok(reading.ok);
  assert.equal(reading.length, 7);
  assert.equal(reading.encoding, null);
  assert.deepEqual(flattenHeaders(reading.headers), [
    "Set-Cookie",
    "a=1",
    "Set-Cookie",
    "b=2",
    "Content-Type",
    "text/plain",
    "Content-Length",
    "7",
  ]);
});

test("a host cannot speak with the gateway's marks", () => {
  const reading = rebuildResponseHeaders(["X-Bot-Bottle-Reason", "allowed", "x-bot-bottle-request", "1"]);
  assert.deepEqual(reading.ok && reading.headers, []);
});

test("row 91: an encoding is named so that it can be refused, also when Connection hides it", () => {
  const encoding = (...fields: string[]): string | null | undefined => {
    const reading = rebuildResponseHeaders(fields);
    return reading.ok ? reading.encoding : undefined;
  };
  assert.equal(encoding("Content-Encoding", "GZIP"), "gzip");
  assert.equal(encoding("Content-Encoding", "identity"), null);
  assert.equal(encoding("Content-Encoding", "identity, br"), "br");
  assert.equal(encoding("Content-Encoding", "gzip", "Content-Encoding", "br"), "gzip, br");
  assert.equal(encoding("Connection", "content-encoding", "Content-Encoding", "gzip"), "gzip");
});

test("row 68: a response with two framings or broken fields is refused", () => {
  for (const fields of [
    ["Content-Length", "1", "Transfer-Encoding", "chunked"],
    ["Content-Length", "1", "Content-Length", "2"],
    ["Content-Length", "1, 1"],
    ["Transfer-Encoding", "gzip"],
    ["X", "a\r\nSet-Cookie: b"],
    ["X\n", "a"],
  ]) {
    assert.equal(rebuildResponseHeaders(fields).ok, false, fields.join(" "));
  }
});
