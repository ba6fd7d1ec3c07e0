import assert from "node:assert/strict";
import test from "node:test";
import { credential, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied } from "../../support/gateway/verdicts.ts";

const WITH_SECRET = { credentials: [credential()], values: { api: SECRET } };

test("row 66: the body of a GET is searched like any other", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { ...WITH_SECRET, origin });
  const client = await fixture.inside();
  const body = `q=${SECRET}`;
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
  await assertDenied(fixture, "secret-in-request");
  assert.equal(origin.accepted(), 0);
});

/** Place in a multipart body, one part, its boundary. */
const PARTS: readonly (readonly [place: string, part: string, boundary: string])[] = [
  ["a file name", `Content-Disposition: form-data; name="f"; filename="${SECRET}.txt"\r\n\r\nx`, "edge"],
  ["a field name", `Content-Disposition: form-data; name="${SECRET}"\r\n\r\nx`, "edge"],
  ["a header of a part", `Content-Disposition: form-data; name="f"\r\nX-Note: ${SECRET}\r\n\r\nx`, "edge"],
  ["the boundary", `Content-Disposition: form-data; name="f"\r\n\r\nx`, SECRET],
  [
    "a part in base64",
    `Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(`a ${SECRET}`).toString("base64")}`,
    "edge",
  ],
  [
    "a part in base64, broken into lines",
    `Content-Disposition: form-data; name="f"\r\nContent-Transfer-Encoding: base64\r\n\r\n${inLines(`${"a".repeat(40)} ${SECRET}`)}`,
    "edge",
  ],
];

/** Base64 as mail has it. */
function inLines(text: string): string {
  return Buffer.from(text)
    .toString("base64")
    .replace(/.{76}(?=.)/g, "$&\r\n");
}

/** The secret as encoders write it that leave some signs as they are. */
const MIXTURES: Readonly<Record<string, string>> = {
  "in JSON with some signs escaped": `{"paste":"${SECRET.replace("-", "\\u002D")}"}`,
  "in JSON in JSON": JSON.stringify({ paste: `{"paste":"${SECRET.replace("-", "\\u002D")}"}` }),
  "escaped for a URL twice": `paste=${SECRET.replace("-", "%252D")}`,
  "in HTML": `<p>${SECRET.replace("-", "&#45;")}</p>`,
  "in hex by bytes": `paste=${[...Buffer.from(SECRET)].map((byte) => byte.toString(16)).join(":")}`,
  "in UTF-16": Buffer.from(SECRET, "utf16le").toString("latin1"),
};

for (const [spelling, body] of Object.entries(MIXTURES)) {
  test(`rows 106, 108: a known secret ${spelling} is found before anything is looked up`, async (t) => {
    const fixture = await openGateway(t, WITH_SECRET);
    const client = await fixture.inside();
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
    await assertDenied(fixture, "secret-in-request");
  });
}

for (const [place, part, boundary] of PARTS) {
  test(`row 111: a known secret in ${place} of a multipart body is found before anything is looked up`, async (t) => {
    const fixture = await openGateway(t, WITH_SECRET);
    const client = await fixture.inside();
    const body = `--${boundary}\r\n${part}\r\n--${boundary}--\r\n`;
    const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: multipart/form-data\r\n`;
    client.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
    await assertDenied(fixture, "secret-in-request");
  });
}
