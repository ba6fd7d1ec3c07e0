import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { type TestContext } from "node:test";
import type { Grant } from "../../../src/core/model/grant.ts";
import { claimOf, openDesk, question, type TestDesk } from "../../support/gateway/desk.ts";
import {
  credential,
  eventually,
  type Fixture,
  type FixtureOptions,
  HOST,
  openGateway,
  SECRET,
} from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { assertDenied, assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

const ASK = { unlisted: true, timeoutMs: 60_000 };
const OPEN = "evil.example.test";

/** A gateway at which only one path of the host is listed, and all else asks. */
async function openAsking(
  t: TestContext,
  options: FixtureOptions = {},
): Promise<Fixture & { readonly desk: TestDesk; readonly seen: () => readonly string[] }> {
  const desk = openDesk();
  const origin = options.origin ?? (await openOrigin());
  const evil = await openOrigin();
  const fixture = await openGateway(t, {
    evil,
    rules: [{ paths: ["/listed"] }],
    ask: ASK,
    desk,
    ...options,
    origin,
  });
  const seen = () => [...origin.seen, ...evil.seen].map(({ method, url, body }) => `${method} ${url} ${body}`);
  return { ...fixture, desk, seen };
}

function post(client: RawClient, path: string, body: string, host = HOST): void {
  client.send(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function get(client: RawClient, path: string, host = HOST, more = ""): void {
  client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);
}

function grant(changes: Partial<Grant> = {}): Grant {
  return {
    id: "g-1",
    scope: "bottle",
    method: "POST",
    scheme: "https",
    authority: `${HOST}:443`,
    path: "/a",
    request: "1",
    createdAt: 0,
    expiresAt: null,
    ...changes,
  };
}

test("rows 132, 144: a request that no rule lists waits, shown whole, and nothing is looked up or dialled before the yes", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  post(client, "/a?b=c", "hello");
  const proposal = await question(fixture.desk);
  assertNothingLeft(fixture);
  const { id, createdAt, expiresAt, ...shown } = proposal;
  assert.deepEqual(shown, {
    schema: 1,
    method: "POST",
    scheme: "https",
    authority: `${HOST}:443`,
    target: "/a?b=c",
    bytes: 5,
    sha256: createHash("sha256").update("hello").digest("hex"),
    contentType: null,
    excerpt: "hello",
    reason: "path-not-listed",
    rule: null,
    pack: null,
    credentials: [],
  });
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 60_000);
  assert.deepEqual(
    fixture.audit.decisions().map(({ verdict, reason }) => [verdict, reason]),
    [["ask", "path-not-listed"]],
  );
  assert.equal(claimOf(fixture, proposal).settle("once"), 1);
  assert.equal(statusOf(await client.until('"body"')), 200);
  assert.deepEqual(fixture.seen(), ["POST /a?b=c hello"]);
  assert.deepEqual(
    fixture.audit.decisions().map(({ id: line, verdict }) => [line, verdict]),
    [
      [id, "ask"],
      [id, "allow"],
    ],
  );
  assert.deepEqual(fixture.desk.withdrawn, [id]);
  // Once is once.
  client.clear();
  post(client, "/a?b=c", "hello");
  await question(fixture.desk, 2);
  assert.equal(fixture.seen().length, 1);
});

test("row 132: a host that nobody listed gets no lookup either: its tunnel is opened, and what is in it is asked about", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside(OPEN);
  assertNothingLeft(fixture);
  get(client, "/x", OPEN);
  const proposal = await question(fixture.desk);
  assertNothingLeft(fixture);
  assert.deepEqual([proposal.authority, proposal.reason], [`${OPEN}:443`, "host-not-listed"]);
  claimOf(fixture, proposal).settle("once");
  assert.equal(statusOf(await client.until('"url":"/x"')), 200);
  assert.deepEqual(fixture.lookups, [OPEN]);
});

test("without ask a tunnel to an unlisted host stays shut", async (t) => {
  const fixture = await openAsking(t, { ask: { unlisted: false, timeoutMs: 1000 } });
  await assert.rejects(fixture.inside(OPEN));
  await assertDenied(fixture, "host-not-listed");
});

test("row 144: only an identical request joins one that waits; every other is asked about by itself", async (t) => {
  const fixture = await openAsking(t);
  const requests: readonly (readonly [path: string, body: string])[] = [
    ["/a", "x"],
    ["/a", "x"],
    ["/a", "y"],
    ["/a?secret", "x"],
    ["/b", "x"],
  ];
  const clients: RawClient[] = [];
  for (const [path, body] of requests) {
    const client = await fixture.inside();
    post(client, path, body);
    clients.push(client);
  }
  await question(fixture.desk, 4);
  await eventually(() => fixture.gateway.held().some(({ waiting }) => waiting === 2));
  assert.equal(fixture.desk.shown.length, 4);
  const [first] = fixture.desk.shown;
  assert.ok(first !== undefined);
  const claim = claimOf(fixture, first);
  assert.equal(claim.others.length, 3);
  assert.equal(claim.settle("once"), 2);
  await clients[0]?.until('"body":"x"');
  await clients[1]?.until('"body":"x"');
  assert.deepEqual(fixture.seen(), ["POST /a x", "POST /a x"]);
  assert.equal(fixture.gateway.held().length, 3);
});

test("rows 132, 144: a grant covers its method, host and path, and nothing that only looks like it", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  post(client, "/a", "x");
  const proposal = await question(fixture.desk);
  const claim = claimOf(fixture, proposal);
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [grant()] }, "grant");
  assert.equal(claim.settle("granted"), 1);
  await client.until('"body":"x"');
  client.clear();
  post(client, "/a?q=1", "other");
  await client.until('"body":"other"');
  assert.equal(fixture.desk.shown.length, 1);
  const others: readonly (() => void)[] = [
    () => get(client, "/a"),
    () => post(client, "/A", "x"),
    () => post(client, "/a/", "x"),
    () => post(client, "/a/b", "x"),
  ];
  for (const [index, send] of others.entries()) {
    client.clear();
    send();
    claimOf(fixture, await question(fixture.desk, index + 2)).settle("ask-denied");
    assert.match(await client.until("}"), /ask-denied/);
  }
  for (const path of ["/a?_method=DELETE", "/x/../a", "/%61"]) {
    client.clear();
    post(client, path, "x");
    assert.equal(statusOf(await client.until("}")), 403, path);
  }
  assert.equal(fixture.desk.shown.length, 5, "none of these is asked about");
  assert.deepEqual(fixture.seen(), ["POST /a x", "POST /a?q=1 other"]);
});

test("row 132: no answer in time is a denial with the request's id", async (t) => {
  const fixture = await openAsking(t, { ask: { unlisted: true, timeoutMs: 50 } });
  const client = await fixture.inside();
  get(client, "/a");
  const said = await client.until("}");
  assert.equal(statusOf(said), 403);
  const { id } = await question(fixture.desk);
  assert.match(said, new RegExp(`"reason":"ask-timeout".*"request_id":"${id}"`));
  await assertDenied(fixture, "ask-timeout");
  assert.deepEqual(fixture.desk.withdrawn, [id]);
  assert.deepEqual(fixture.gateway.claim(id), { ok: false, problem: "answered" });
});

test("row 132: a no is a no: the same request is not asked about again", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  for (const _ of [1, 2, 3]) {
    client.clear();
    get(client, "/a");
    if (fixture.desk.shown.length === 0) claimOf(fixture, await question(fixture.desk)).settle("ask-denied");
    assert.match(await client.until("}"), /ask-denied/);
  }
  assert.equal(fixture.desk.shown.length, 1);
  assertNothingLeft(fixture);
});

test("a client that leaves takes its question along, and a closing gateway denies all that wait", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  get(client, "/a");
  const { id } = await question(fixture.desk);
  client.end();
  await eventually(() => fixture.audit.decisions().at(-1)?.reason === "ask-abandoned");
  assert.deepEqual(fixture.desk.withdrawn, [id]);
  const other = await fixture.inside();
  get(other, "/b");
  await question(fixture.desk, 2);
  await fixture.gateway.close();
  assert.deepEqual(fixture.gateway.held(), []);
  assert.equal(fixture.desk.withdrawn.length, 2);
  assertNothingLeft(fixture);
});

test("rows 130, 132: a flood of questions is bounded, and a desk that cannot show denies", async (t) => {
  const fixture = await openAsking(t, { limits: { askedRequests: 2, askedPerMinute: 3 } });
  const clients = [await fixture.inside(), await fixture.inside(), await fixture.inside()];
  for (const [index, client] of clients.entries()) {
    get(client, `/${index}`);
    if (index < 2) await question(fixture.desk, index + 1);
  }
  assert.match((await clients[2]?.until("}")) ?? "", /ask-limit/);
  for (const { proposal } of fixture.gateway.held()) claimOf(fixture, proposal).settle("ask-denied");
  await eventually(() => fixture.gateway.held().length === 0);
  const client = await fixture.inside();
  fixture.desk.failing = true;
  get(client, "/unshown");
  assert.match(await client.until("}"), /ask-limit/);
  fixture.desk.failing = false;
  client.clear();
  get(client, "/fourth");
  assert.match(await client.until("}"), /ask-limit/);
  assert.equal(fixture.desk.shown.length, 2);
  assertNothingLeft(fixture);
});

test("row 131: what cannot be written down is not asked", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  fixture.audit.failing = true;
  get(client, "/a");
  assert.match(await client.until("}"), /audit-failed/);
  assert.deepEqual(fixture.desk.shown, []);
});

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
  fixture.names.set(OPEN, ["169.254.169.254"]);
  const client = await fixture.inside(OPEN);
  get(client, "/latest/meta-data", OPEN);
  claimOf(fixture, await question(fixture.desk)).settle("once");
  assert.match(await client.until("}"), /address-metadata/);
  assert.deepEqual(fixture.dials, []);
});

test("row 135: a revoked grant cuts what only it allowed, and lets what a rule lists go on", async (t) => {
  const stuck = await openOrigin({ respond: (_, response) => void response.write("begun") });
  const fixture = await openAsking(t, { origin: stuck });
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [grant({ method: "GET" })] }, "grant");
  const [granted, listed] = [await fixture.inside(), await fixture.inside()];
  get(granted, "/a");
  get(listed, "/listed");
  await granted.until("begun");
  await listed.until("begun");
  await fixture.gateway.apply({ ...fixture.policy, version: 3, grants: [] }, "revoked");
  await granted.closed();
  await eventually(() => fixture.gateway.stats().exchanges === 1);
  assert.equal(listed.socket.destroyed, false);
});

test("row 148: a grant whose end has come covers nothing although nobody reloads", async (t) => {
  let now = Date.now();
  const fixture = await openAsking(t, { now: () => now });
  await fixture.gateway.apply(
    { ...fixture.policy, version: 2, grants: [grant({ method: "GET", expiresAt: now + 10 })] },
    "grant",
  );
  const client = await fixture.inside();
  get(client, "/a");
  await client.until('"url":"/a"');
  now += 10;
  client.clear();
  get(client, "/a");
  await question(fixture.desk);
  assert.equal(fixture.seen().length, 1);
});

test("a rule that asks holds what it fits, in every spelling, whatever other rule lists it", async (t) => {
  const rules = [{ id: "test:ask", methods: ["POST"], paths: ["/pay"], ask: true } as const, {}];
  const fixture = await openAsking(t, { rules, ask: { unlisted: false, timeoutMs: 60_000 } });
  const client = await fixture.inside();
  get(client, "/pay");
  await client.until('"url":"/pay"');
  for (const [index, path] of ["/pay", "/PAY", "/pay/"].entries()) {
    client.clear();
    post(client, path, `${index}`);
    const proposal = await question(fixture.desk, index + 1);
    assert.deepEqual([proposal.reason, proposal.rule, proposal.target], ["ask-required", "test:ask", path]);
    claimOf(fixture, proposal).settle("once");
    await client.until(`"url":"${path}"`);
  }
  client.clear();
  get(client, "/pay?_method=POST");
  claimOf(fixture, await question(fixture.desk, 4)).settle("ask-denied");
  assert.match(await client.until("}"), /ask-denied/);
});

test("two answers at once: the first has the right to it, and the other is told", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  get(client, "/a");
  const proposal = await question(fixture.desk);
  const claim = claimOf(fixture, proposal);
  assert.deepEqual(fixture.gateway.claim(proposal.id), { ok: false, problem: "answered" });
  assert.deepEqual(fixture.gateway.claim("no-such"), { ok: false, problem: "unknown" });
  claim.putBack();
  claimOf(fixture, proposal).settle("once");
  await client.until('"url":"/a"');
});

test("row 148: what was granted and revoked, or judged by other rules, while it waited is not sent", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  post(client, "/a", "x");
  const claim = claimOf(fixture, await question(fixture.desk));
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [grant()] }, "grant");
  await fixture.gateway.apply({ ...fixture.policy, version: 3, grants: [] }, "revoked");
  claim.settle("granted");
  assert.match(await client.until("}"), /policy-expired/);
  client.clear();
  post(client, "/b", "x");
  const other = claimOf(fixture, await question(fixture.desk, 2));
  await fixture.gateway.apply({ ...fixture.policy, version: 4, rules: [...fixture.policy.rules] }, "other rules");
  other.settle("once");
  assert.match(await client.until("}"), /policy-expired/);
  assertNothingLeft(fixture);
});
