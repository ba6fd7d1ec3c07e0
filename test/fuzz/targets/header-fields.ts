import assert from "node:assert/strict";
import { headerValues, isSafeHeaderValue, isToken } from "../../../src/core/wire/header-pairs.ts";
import { foldedField, isOverrideField } from "../../../src/core/wire/override-fields.ts";
import {
  rebuildRequestHeaders,
  rebuildResponseHeaders,
  rebuildUpgradeHeaders,
} from "../../../src/core/wire/rebuild.ts";
import { readRequestHead } from "../../../src/core/wire/request-head.ts";
import { bytesOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const NAMES = [
  ..."Host host Connection Content-Length Transfer-Encoding TE Upgrade Expect Authorization x_api_key X-A X-B".split(
    " ",
  ),
  ..."Cookie Proxy-Authorization __proto__ Keep-Alive X-HTTP-Method-Override X_Method Sec-WebSocket-Key".split(" "),
];
const VALUES = [
  "a.test",
  "close",
  "x-a, host",
  "X-B",
  "chunked",
  "5",
  "websocket",
  "Upgrade",
  "100-continue",
  "",
  "gzip",
];
const GONE =
  "connection transfer-encoding te upgrade expect proxy-authorization keep-alive x_api_key __proto__ trailer".split(
    " ",
  );

const odd = fc.string({ maxLength: 6, unit: "binary" }).map((text) => text.replace(/[\n:]/g, ""));
const field = fc
  .tuple(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: odd }),
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...VALUES) }, { weight: 1, arbitrary: odd }),
  )
  .map((pair) => pair.join(":"));

/** `name:value` lines as the flat list that node:http hands over. */
function flat(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const mark = line.indexOf(":");
    return mark < 0 ? [] : [line.slice(0, mark), line.slice(mark + 1)];
  });
}

export const target: FuzzTarget = {
  name: "header-fields",
  promise:
    "rows 5, 43 to 47, 49 to 51, 62, 68: whatever the fields, what is rebuilt is one plain request, or one plain response",
  parsers: [
    "src/core/wire/header-pairs.ts",
    "src/core/wire/request-head.ts",
    "src/core/wire/rebuild.ts",
    "src/core/wire/override-fields.ts",
  ],
  input: fc.array(field, { maxLength: 12 }).map((lines) => bytesOf(["Host:a.test", ...lines].join("\n"))),
  runs: 10_000,
  check: (input) => {
    const rawHeaders = flat(input.toString("latin1"));
    const guarded = new Set(["authorization", "x-api-key"]);
    let taken = false;
    for (const method of ["GET", "POST"]) {
      const reading = readRequestHead({ method, target: "/", httpVersion: "1.1", rawHeaders }, guarded);
      if (!reading.ok) continue;
      taken = true;
      const { head } = reading;
      const rebuilt = rebuildRequestHeaders(head, { hostField: "h.test", identity: method === "GET" });
      assert.deepEqual(headerValues(rebuilt, "host"), ["h.test"]);
      for (const gone of GONE) assert.deepEqual(headerValues(rebuilt, gone), [], gone);
      assert.ok(headerValues(rebuilt, "content-length").length <= 1);
      for (const [name, value] of rebuilt) {
        assert.ok(isToken(name) && isSafeHeaderValue(value));
        assert.ok(!isOverrideField(name.toLowerCase()) && !isOverrideField(foldedField(name)), name);
      }
      if (head.upgrade !== "websocket") continue;
      const upgraded = rebuildUpgradeHeaders(head, { hostField: "h.test" });
      assert.deepEqual(headerValues(upgraded, "upgrade"), ["websocket"]);
      assert.deepEqual(headerValues(upgraded, "connection"), ["Upgrade"]);
      assert.deepEqual(headerValues(upgraded, "sec-websocket-extensions"), []);
    }
    const response = rebuildResponseHeaders(rawHeaders);
    if (!response.ok) return taken;
    for (const gone of ["connection", "transfer-encoding", "upgrade", "keep-alive", "alt-svc"])
      assert.deepEqual(headerValues(response.headers, gone), []);
    assert.ok(headerValues(response.headers, "content-length").length <= 1);
    return taken;
  },
};
