import assert from "node:assert/strict";
import test from "node:test";
import { eventually, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied } from "../../support/gateway/verdicts.ts";

const RULES = [{ methods: ["GET", "POST"] }];
const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data; boundary=b";
const FORM = '--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--\r\n';

for (const [type, body] of [
  [URLENCODED, "a=1&_%6dethod=DELETE"],
  [MULTIPART, FORM],
  ["application/json", '{"a":1,"_method":"DELETE"}'],
] as const) {
  test(`row 62: a small ${type} body that names another method leaves no trace upstream`, async (t) => {
    const fixture = await openGateway(t, { rules: RULES });
    const client = await fixture.inside();
    client.send(
      `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    assert.match(await client.until(/refused[\s\S]*\}/), /method-not-listed/);
    await assertDenied(fixture, "method-not-listed");
  });

  test(`row 62: a streamed ${type} body that names another method never arrives whole`, async (t) => {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: RULES });
    const client = await fixture.inside();
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (const piece of [body.slice(0, 8), body.slice(8)]) client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    client.send("0\r\n\r\n");
    assert.match(await client.until(/refused[\s\S]*\}/), /method-not-listed/);
    await eventually(() => fixture.gateway.stats().exchanges === 0);
    assert.deepEqual(origin.seen, []);
  });
}

test("ordinary forms and large uploads pass where methods are restricted", async (t) => {
  const origin = await openOrigin({ respond: (request, response) => response.end(`got ${request.url}`) });
  const fixture = await openGateway(t, { origin, rules: RULES });
  const client = await fixture.inside();
  const file = "name=_method&".repeat(100_000);
  const upload = `--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n${file}\r\n--b--\r\n`;
  for (const [path, type, body] of [
    ["/a", URLENCODED, "_method=post&a=1"],
    ["/b", MULTIPART, upload],
    ["/c", URLENCODED, `{"a":"${"x".repeat(1_000_000)}"}`],
  ] as const) {
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await client.until(`got ${path}`);
    assert.equal(origin.seen.at(-1)?.body.toString("latin1"), body);
  }
});
