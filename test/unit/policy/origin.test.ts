import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeClientHello } from "../../../src/core/policy/client-hello.ts";
import { readOrigin } from "../../../src/core/policy/origin.ts";
import { readRequestHead } from "../../../src/core/wire/request-head.ts";
import { authority } from "../../support/core/policies.ts";

function origin(target: string, host: string, tunnel: string | null): string {
  const head = readRequestHead({ method: "GET", target, httpVersion: "1.1", rawHeaders: ["Host", host] }, new Set());
  assert.ok(head.ok, "the fixture is a valid head");
  const reading = readOrigin(head.head, tunnel === null ? null : authority(tunnel));
  return reading.ok
    ? `${reading.scheme} ${reading.authority.host} ${reading.authority.port}`
    : `${reading.status} ${reading.reason}`;
}

const table: readonly (readonly [
  title: string,
  target: string,
  host: string,
  tunnel: string | null,
  outcome: string,
])[] = [
  ["origin-form in a tunnel", "/x", "a.test", "a.test:443", "https a.test 443"],
  ["the port may be written", "/x", "A.test:443", "a.test:443", "https a.test 443"],
  ["another port must be written", "/x", "a.test:8443", "a.test:8443", "https a.test 8443"],
  ["row 2: another Host inside", "/x", "b.test", "a.test:443", "421 authority-mismatch"],
  ["row 2: another port inside", "/x", "a.test:8443", "a.test:443", "421 authority-mismatch"],
  ["row 2: the port left out", "/x", "a.test", "a.test:8443", "421 authority-mismatch"],
  ["row 3: absolute-form for another host inside", "https://b.test/", "a.test", "a.test:443", "421 authority-mismatch"],
  ["row 3: both name another host", "https://b.test/", "b.test", "a.test:443", "421 authority-mismatch"],
  ["row 3: plain http inside", "http://a.test/", "a.test", "a.test:443", "421 authority-mismatch"],
  [
    "row 3: plain http inside, by the tunnel's port",
    "http://a.test:443/",
    "a.test:443",
    "a.test:443",
    "421 authority-mismatch",
  ],
  ["row 3: absolute-form for the tunnel's host", "https://a.test/", "a.test", "a.test:443", "https a.test 443"],
  ["row 4: plain proxy request, Host differs", "http://a.test/", "b.test", null, "400 authority-mismatch"],
  ["row 4: plain proxy request, port differs", "http://a.test/", "a.test:8080", null, "400 authority-mismatch"],
  ["plain proxy request", "http://a.test/", "a.test", null, "http a.test 80"],
  ["plain proxy request for https", "https://a.test/", "a.test", null, "https a.test 443"],
  ["row 9: user information in the URI", "http://a.test@b.test/", "b.test", null, "400 authority-invalid"],
  ["row 17, 18: rubbish in the Host field", "/x", "a.test\t", "a.test:443", "400 authority-invalid"],
  ["row 19: percent in the Host field", "/x", "%61.test", "a.test:443", "400 authority-invalid"],
  ["row 26: a number as a host", "http://2130706433/", "2130706433", null, "400 authority-invalid"],
  ["an empty Host field", "/x", "", "a.test:443", "400 authority-invalid"],
  ["origin-form without a tunnel", "/x", "a.test", null, "400 request-malformed"],
];
for (const [title, target, host, tunnel, outcome] of table) {
  test(`origin: ${title}`, () => assert.equal(origin(target, host, tunnel), outcome));
}

const hello = (serverName: string | null, ech = false) => ({ serverName, alpn: [], ech });

test("row 1: the server name is the tunnel's host, in both modes", () => {
  for (const mode of ["inspect", "splice"] as const) {
    assert.equal(judgeClientHello(hello("a.test"), authority("a.test"), mode), null);
    assert.equal(judgeClientHello(hello("b.test"), authority("a.test"), mode)?.reason, "authority-mismatch");
    assert.equal(judgeClientHello(hello("x.a.test"), authority("a.test"), mode)?.reason, "authority-mismatch");
    for (const name of ["a.test.", "127.0.0.1", "a..test", "a_b!", "[::1]", "a.test:443"]) {
      assert.equal(judgeClientHello(hello(name), authority("a.test"), mode)?.reason, "tls-invalid", name);
    }
  }
});

test("row 6: without a server name nothing can be spliced", () => {
  assert.equal(judgeClientHello(hello(null), authority("a.test"), "splice")?.reason, "authority-mismatch");
  assert.equal(judgeClientHello(hello(null), authority("127.0.0.1"), "splice")?.reason, "authority-mismatch");
  assert.equal(judgeClientHello(hello(null), authority("a.test"), "inspect"), null);
});

test("row 7: an encrypted ClientHello is not spliced", () => {
  assert.equal(judgeClientHello(hello("a.test", true), authority("a.test"), "splice")?.reason, "tls-invalid");
  assert.equal(judgeClientHello(hello("a.test", true), authority("a.test"), "inspect"), null);
});
