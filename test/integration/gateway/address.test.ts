import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { GOOD_ADDRESS, HOST, openGateway, policyOf } from "../../support/gateway/fixture.ts";
import { openOrigin, originCa } from "../../support/gateway/origin.ts";
import { clientHello, openTls, openTunnel, serverName } from "../../support/gateway/raw-client.ts";
import { assertDenied, statusOf } from "../../support/gateway/verdicts.ts";

/** Attack row, answer of the resolver, reasons that fit. */
const BAD: readonly (readonly [row: string, answer: readonly string[], reason: RegExp])[] = [
  ["row 27", ["::ffff:127.0.0.1"], /address-not-public/],
  ["row 27", ["::127.0.0.1"], /address-not-public/],
  ["row 28", ["64:ff9b::a00:1"], /address-not-public/],
  ["row 28", ["2002:7f00:1::"], /address-not-public/],
  ["row 28", ["2001:0:1::1"], /address-not-public/],
  ["row 29", ["100.64.0.1"], /address-not-public/],
  ["row 29", ["192.0.0.8"], /address-not-public/],
  ["row 29", ["198.18.0.1"], /address-not-public/],
  ["row 29", ["240.0.0.1"], /address-not-public/],
  ["row 29", ["224.0.0.1"], /address-not-public/],
  ["row 29", ["0.0.0.0"], /address-not-public/],
  ["row 29", ["fc00::1"], /address-not-public/],
  ["row 29", ["fe80::1"], /address-not-public/],
  ["row 29", ["::"], /address-not-public/],
  ["row 29", ["10.1.2.3"], /address-not-public/],
  ["row 30", ["169.254.169.254"], /address-metadata/],
  ["row 30", ["100.100.100.200"], /address-metadata/],
  ["row 30", ["168.63.129.16"], /address-metadata/],
  ["row 30", ["fd00:ec2::254"], /address-metadata/],
  ["row 31", ["192.0.2.200"], /address-own|address-not-public/],
  ["row 31", ["93.184.215.99"], /address-own/],
  ["row 33", [GOOD_ADDRESS, "10.0.0.1"], /address-not-public/],
  ["row 33", ["10.0.0.1", GOOD_ADDRESS], /address-not-public/],
  ["row 37", ["127.0.0.1"], /address-not-public/],
  ["row 37", ["::1"], /address-not-public/],
];

for (const [row, answer, reason] of BAD) {
  test(`${row}: an allowed name that resolves to ${answer.join(", ")} is denied, not dialled`, async (t) => {
    const ownAddresses = () => ["192.0.2.200", "93.184.215.99"];
    const fixture = await openGateway(t, { ownAddresses });
    fixture.names.set(HOST, answer);
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const said = await client.until("}");
    assert.equal(statusOf(said), 403);
    assert.match(said, reason);
    assert.deepEqual(fixture.dials, []);
    const last = fixture.audit.decisions().at(-1);
    assert.equal(last?.verdict, "deny");
    assert.match(last?.reason ?? "", reason);
    assert.notEqual(last?.address, null);
    assert.equal(fixture.alerts.length, last?.reason === "address-metadata" ? 1 : 0);
  });
}

test("row 30: metadata raises an alert, in splice too", async (t) => {
  const fixture = await openGateway(t, { rules: [{ mode: "splice" }] });
  fixture.names.set(HOST, ["169.254.169.254"]);
  const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
  tunnel.send(clientHello([serverName(HOST)]));
  await tunnel.closed();
  assert.deepEqual(fixture.dials, []);
  assert.equal(fixture.alerts.length, 1);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "address-metadata");
});

test("row 32: one lookup per answer; the judged address is dialled, and a changed answer is judged anew", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, limits: { resolvedForMs: 0 } });
  const client = await fixture.inside();
  client.send(`GET /1 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/1"');
  assert.deepEqual(fixture.lookups, [HOST]);
  fixture.names.set(HOST, ["10.0.0.1"]);
  client.clear();
  client.send(`GET /2 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /address-not-public/);
  assert.deepEqual(fixture.dials, [`${GOOD_ADDRESS}:443`]);
});

test("row 32: an answer that is used again is judged again and stays pinned", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  for (const path of ["/1", "/2", "/3"]) {
    client.clear();
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.until(`"url":"${path}"`);
    fixture.names.set(HOST, ["127.0.0.1"]);
  }
  assert.deepEqual(fixture.lookups, [HOST]);
  assert.deepEqual(fixture.dials, [`${GOOD_ADDRESS}:443`]);
});

test("row 34: an upstream connection is not used under another policy version or for another address", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, limits: { resolvedForMs: 0 } });
  fixture.ways.set("93.184.215.77:443", origin.port);
  const client = await fixture.inside();
  const get = async (path: string) => {
    client.clear();
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.until(`"url":"${path}"`);
  };
  await get("/1");
  await get("/2");
  assert.equal(origin.accepted(), 1);
  await fixture.gateway.apply(policyOf([{}], [], 2), "test");
  await get("/3");
  assert.equal(origin.accepted(), 2);
  fixture.names.set(HOST, ["93.184.215.77"]);
  await get("/4");
  assert.equal(origin.accepted(), 3);
  assert.deepEqual(fixture.dials, [`${GOOD_ADDRESS}:443`, `${GOOD_ADDRESS}:443`, "93.184.215.77:443"]);
});

test("row 35: a name is judged by its final addresses, and the next one is tried when one is dead", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  fixture.names.set(HOST, ["93.184.215.50", GOOD_ADDRESS]);
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"method":"GET"');
  assert.deepEqual(fixture.dials, ["93.184.215.50:443", `${GOOD_ADDRESS}:443`]);
});

test("row 35: the log says at which address an upstream was reached, in splice too", async (t) => {
  for (const mode of ["inspect", "splice"] as const) {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ mode }] });
    const tunnel = await openTunnel(fixture.port, `${HOST}:443`);
    const ca = mode === "inspect" ? fixture.gateway.caPem : originCa.caPem;
    const client = await openTls(tunnel, { servername: HOST, ca });
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await client.until('"method":"GET"');
    client.end();
    const connected = fixture.audit.sessions().filter((event) => event.event === "upstream-connected");
    // The stub dialler goes to loopback.
    assert.deepEqual(
      connected.map(({ detail }) => detail),
      [`https ${HOST}:443 at 127.0.0.1`],
    );
  }
});

test("row 38: a denied name is not looked up; one that cannot be resolved is said so", async (t) => {
  const fixture = await openGateway(t, { rules: [{ host: "gone.example.test" }] });
  const denied = await openTunnel(fixture.port, "secret-data.evil.test:443");
  assert.equal(statusOf(denied.received()), 403);
  await assertDenied(fixture, "host-not-listed");
  const client = await fixture.inside("gone.example.test");
  client.send("GET / HTTP/1.1\r\nHost: gone.example.test\r\n\r\n");
  assert.match(await client.until("}"), /resolve-failed/);
});

test("row 42: names below a wildcard are looked up to a number each hour, then denied with one alert and no lookup", async (t) => {
  const origin = await openOrigin();
  const clock = { now: Date.now() };
  const fixture = await openGateway(t, {
    origin,
    rules: [{ host: "*.example.test" }],
    limits: { wildcardNames: 3, resolvedForMs: 0 },
    now: () => clock.now,
  });
  const ask = async (label: string) => {
    const host = `${label}.example.test`;
    fixture.names.set(host, [GOOD_ADDRESS]);
    const client = await fixture.inside(host);
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const answer = await client.until("}");
    client.end();
    return statusOf(answer);
  };
  const answers = [];
  for (const label of ["a", "b", "a", "c", "data1", "data2", "data3", "b"]) answers.push(await ask(label));
  assert.deepEqual(answers, [200, 200, 200, 200, 503, 503, 503, 200]);
  assert.deepEqual([...new Set(fixture.lookups)], ["a.example.test", "b.example.test", "c.example.test"]);
  assert.equal(fixture.dials.length, 3);
  const denied = fixture.audit.decisions().filter((decision) => decision.verdict === "deny");
  assert.deepEqual(
    denied.map(({ authority, reason, alert }) => [authority, reason, alert]),
    [
      ["data1.example.test:443", "limit-reached", true],
      ["data2.example.test:443", "limit-reached", false],
      ["data3.example.test:443", "limit-reached", false],
    ],
  );
  assert.equal(fixture.alerts.length, 1);
  assert.match(fixture.alerts[0] ?? "", /3 names below \*\.example\.test/);

  clock.now += 61 * 60_000;
  assert.equal(await ask("data1"), 200);
});

test("row 42: a name that a rule lists exactly costs nothing of a wildcard's number", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, {
    origin,
    rules: [{}, { host: "*.other.test" }],
    limits: { wildcardNames: 0, resolvedForMs: 0 },
  });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/"');
});

test("row 128: a resolver or upstream that never answers is given up in time", async (t) => {
  const slow = await openGateway(t, { resolve: () => new Promise(() => {}), limits: { resolveMs: 100 } });
  const client = await slow.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /resolve-failed/);
  const dead = await openGateway(t);
  const other = await dead.inside();
  other.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await other.until("}"), /upstream-unreachable/);
  const hanging = await openGateway(t, { connect: () => new Socket(), limits: { connectMs: 100 } });
  const waiting = await hanging.inside();
  waiting.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await waiting.until("}"), /upstream-timeout/);
});

test("row 156: `dial` connects to the literal target without resolving, TLS is verified for the rule's host", async (t) => {
  const origin = await openOrigin();
  const dial = { kind: "tcp", address: "127.0.0.1", port: 8443, caPem: originCa.caPem } as const;
  const fixture = await openGateway(t, { origin, rules: [{ dial }] });
  fixture.ways.set("127.0.0.1:8443", origin.port);
  const client = await fixture.inside();
  client.send(`GET /dialled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/dialled"');
  assert.deepEqual(fixture.lookups, []);
  assert.deepEqual(fixture.dials, ["127.0.0.1:8443"]);
  assert.equal(fixture.audit.decisions()[0]?.address, "127.0.0.1");

  // The CA of the rule and no other.
  const other = await openGateway(t, { origin, rules: [{ dial: { ...dial, caPem: fixture.gateway.caPem } }] });
  other.ways.set("127.0.0.1:8443", origin.port);
  const refused = await other.inside();
  refused.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await refused.until("}"), /upstream-tls/);
});

test("row 156: `dial` may be a unix socket, and is never metadata", async (t) => {
  const origin = await openOrigin({ tls: false });
  const path = "/run/example/api.sock";
  const fixture = await openGateway(t, {
    origin,
    rules: [{ scheme: "http", port: 80, dial: { kind: "unix", path, caPem: null } }],
  });
  fixture.ways.set(path, origin.port);
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/unix HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/unix"');
  assert.deepEqual(fixture.dials, [path]);
  const dial = { kind: "tcp", address: "169.254.169.254", port: 80, caPem: null } as const;
  await assert.rejects(openGateway(t, { rules: [{ dial }] }), { code: "PLAN_INVALID" });
});

test("rows 133, 156: a link that leads to a socket of bot-bottle itself is not followed", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bot-bottle-link-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "bot-bottle-7/reviewer"), { recursive: true });
  writeFileSync(join(folder, "bot-bottle-7/reviewer/control.sock"), "");
  const path = join(folder, "api.sock");
  symlinkSync(join(folder, "bot-bottle-7/reviewer/control.sock"), path);
  const fixture = await openGateway(t, {
    rules: [{ scheme: "http", port: 80, dial: { kind: "unix", path, caPem: null } }],
  });
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/unix HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /address-own/);
  assert.deepEqual(fixture.dials, []);
});

test("row 96: an upstream whose certificate is for another host, or from an unknown CA, gets nothing", async (t) => {
  const origin = await openOrigin({ certificateFor: "evil.example.test" });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /upstream-tls/);
  assert.equal(origin.seen.length, 0);

  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    const unknown = await openGateway(t, { origin, upstreamCaPem: fixture.gateway.caPem });
    const other = await unknown.inside();
    other.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.match(await other.until("}"), /upstream-tls/);
    assert.equal(origin.seen.length, 0);
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  }
});
