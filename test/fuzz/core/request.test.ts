import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathMatches } from "../../../src/core/policy/paths.ts";
import { headerValues, isSafeHeaderValue } from "../../../src/core/wire/header-pairs.ts";
import { rebuildRequestHeaders, rebuildResponseHeaders } from "../../../src/core/wire/rebuild.ts";
import { readRequestHead } from "../../../src/core/wire/request-head.ts";
import { formatTarget, pathAmbiguity, readTarget } from "../../../src/core/wire/target.ts";

const piece = fc.constantFrom(
  "/",
  "/",
  "a",
  "b",
  "v1",
  ".",
  "..",
  "%2e",
  "%2F",
  "%5c",
  "%00",
  "%25",
  "%41",
  ";",
  "\\",
  "//",
  "?",
  "#",
  "%",
  "%c0%af",
  "é",
  " ",
  "%20",
  "*",
  "@",
  ":",
);
const path = fc.array(piece, { maxLength: 10 }).map((parts) => `/${parts.join("")}`);

test("row 63: a path without ambiguity is left alone by the URL parser, and has no dots once decoded", () => {
  fc.assert(
    fc.property(path, (text) => {
      if (pathAmbiguity(text) !== null) return;
      assert.equal(new URL(`http://a.test${text}`).pathname, text);
      const segments = decodeURIComponent(text).split("/");
      assert.ok(!segments.includes("..") && !segments.includes("."));
      assert.equal(segments.length, text.split("/").length, "no slash was hidden");
    }),
    { numRuns: 20_000 },
  );
});

test("row 63, 64: an anchored pattern never fits a path that resolves elsewhere", () => {
  fc.assert(
    fc.property(path, (text) => {
      if (pathAmbiguity(text) !== null || !pathMatches("/v1/*", text)) return;
      assert.ok(new URL(`http://a.test${text}`).pathname.startsWith("/v1/"));
    }),
    { numRuns: 10_000 },
  );
});

test("row 64: a target is split without a byte changed", () => {
  fc.assert(
    fc.property(fc.oneof(path, fc.webUrl({ withQueryParameters: true }), fc.string({ unit: "binary" })), (text) => {
      const reading = readTarget(text);
      if (!reading.ok || reading.target.form === "asterisk") return;
      const { scheme, authority, path: own, query } = reading.target;
      assert.match(own, /^\/[^?#]*$/);
      const sent = formatTarget(own, query);
      assert.ok(
        scheme === null ? sent === text : text.includes(authority ?? "\0") && (text.endsWith(sent) || own === "/"),
      );
    }),
    { numRuns: 10_000 },
  );
});

const name = fc.oneof(
  fc.constantFrom(
    "Host",
    "host",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "TE",
    "Upgrade",
    "Expect",
    "Authorization",
    "x_api_key",
    "X-A",
    "X-B",
    "Cookie",
    "Proxy-Authorization",
    "__proto__",
    "Keep-Alive",
  ),
  fc.string({ maxLength: 6, unit: "binary" }),
);
const value = fc.oneof(
  fc.constantFrom("a.test", "close", "x-a, host", "X-B", "chunked", "5", "websocket", "100-continue", "", "trailers"),
  fc.string({ maxLength: 8, unit: "binary" }),
);
const fields = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => ["Host", "a.test", ...pairs.flat()]);

test("rows 5, 43 to 47, 49 to 51: whatever the fields, what is rebuilt is one plain request", () => {
  fc.assert(
    fc.property(fields, fc.constantFrom("GET", "POST"), fc.boolean(), (rawHeaders, method, identity) => {
      const reading = readRequestHead(
        { method, target: "/", httpVersion: "1.1", rawHeaders },
        new Set(["authorization", "x-api-key"]),
      );
      if (!reading.ok) return;
      const rebuilt = rebuildRequestHeaders(reading.head, { hostField: "h.test", identity });
      assert.deepEqual(headerValues(rebuilt, "host"), ["h.test"]);
      for (const gone of [
        "connection",
        "transfer-encoding",
        "te",
        "upgrade",
        "expect",
        "proxy-authorization",
        "keep-alive",
        "x_api_key",
        "__proto__",
      ]) {
        assert.deepEqual(headerValues(rebuilt, gone), [], gone);
      }
      assert.ok(headerValues(rebuilt, "content-length").length <= 1);
      assert.ok(rebuilt.every(([key, text]) => isSafeHeaderValue(key) && isSafeHeaderValue(text)));
    }),
    { numRuns: 10_000 },
  );
});

test("row 68: whatever the fields of a response, what passes has one framing and no hop-by-hop field", () => {
  fc.assert(
    fc.property(fields, (rawHeaders) => {
      const reading = rebuildResponseHeaders(rawHeaders);
      if (!reading.ok) return;
      for (const gone of ["connection", "transfer-encoding", "upgrade", "keep-alive"])
        assert.deepEqual(headerValues(reading.headers, gone), []);
      assert.ok(headerValues(reading.headers, "content-length").length <= 1);
    }),
    { numRuns: 10_000 },
  );
});
