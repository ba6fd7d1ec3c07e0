import assert from "node:assert/strict";
import test from "node:test";
import { claimOf, get, openAsking, post, question, UNLISTED } from "../../support/gateway/asking.ts";
import { credential, type FixtureOptions, HOST, SECRET } from "../../support/gateway/fixture.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

const NEVER: readonly (readonly [
  what: string,
  options: FixtureOptions,
  send: (client: RawClient) => void,
  reason: RegExp,
])[] = [
  [
    "what a rule denies",
    { deny: [{ id: "deny:0", source: "operator", host: HOST, port: null, methods: null, paths: ["/a"] }] },
    (client) => get(client, "/a"),
    /denied-by-rule/,
  ],
  ["malformed requests", {}, (client) => get(client, "/a", HOST, `Host: ${HOST}\r\n`), /request-malformed/],
  [
    "a known secret in a body",
    { credentials: [credential()], values: { api: SECRET } },
    (client) => post(client, "/a", `x=${SECRET}`),
    /secret-in-request/,
  ],
  [
    "a placeholder in the target",
    { credentials: [credential()], values: { api: SECRET } },
    (client) => get(client, `/a?k=${credential().placeholder}`),
    /path-not-listed/,
  ],
  [
    "a body that is too large to be shown",
    { limits: { askedBytes: 10 } },
    (client) => post(client, "/a", "x".repeat(11)),
    /body-too-large/,
  ],
  [
    "another method at a path with a body rule",
    {
      rules: [
        { methods: ["POST"], paths: ["/v1/messages"], body: { shape: "anthropic-messages", allowProviderTools: [] } },
      ],
    },
    (client) => get(client, "/V1/messages/"),
    /path-not-listed/,
  ],
  [
    "a WebSocket",
    {},
    (client) =>
      get(
        client,
        "/a",
        HOST,
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      ),
    /path-not-listed/,
  ],
];

for (const [what, options, send, reason] of NEVER) {
  test(`row 132: never asked about: ${what}`, async (t) => {
    const fixture = await openAsking(t, options);
    const client = await fixture.inside();
    send(client);
    assert.match(await client.until("}"), reason);
    assert.deepEqual(fixture.desk.shown, []);
    assertNothingLeft(fixture);
  });
}

test("row 30: never asked about: addresses; a name that leads to a private one is refused after the yes", async (t) => {
  const fixture = await openAsking(t);
  for (const address of ["169.254.169.254", "10.0.0.1", "93.184.215.14", "[::1]"]) {
    const tunnel = await fixture.raw();
    tunnel.send(`CONNECT ${address}:443 HTTP/1.1\r\nHost: ${address}:443\r\n\r\n`);
    assert.equal(statusOf(await tunnel.until("\r\n\r\n")), 403, address);
  }
  fixture.names.set(UNLISTED, ["169.254.169.254"]);
  const client = await fixture.inside(UNLISTED);
  get(client, "/latest/meta-data", UNLISTED);
  claimOf(fixture, await question(fixture.desk)).settle("once");
  assert.match(await client.until("}"), /address-metadata/);
  assert.deepEqual(fixture.dials, []);
});
