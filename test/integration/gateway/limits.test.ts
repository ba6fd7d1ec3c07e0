import assert from "node:assert/strict";
import { createServer } from "node:net";
import test from "node:test";
import { credential, eventually, GOOD_ADDRESS, HOST, openGateway, policyOf } from "../../support/gateway/fixture.ts";
import { openOrigin, openRawOrigin } from "../../support/gateway/origin.ts";
import { clientHello, openRaw, openTunnel, type RawClient, serverName } from "../../support/gateway/raw-client.ts";
import { assertDenied, assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

test("row 121: a head that comes a byte at a time is cut off, outside and inside a tunnel", async (t) => {
  const fixture = await openGateway(t, { limits: { headMs: 400 } });
  const dribble = (client: RawClient) => {
    let i = 0;
    const text = `GET http://${HOST}/ HTTP/1.1\r\nX-Long: ${"a".repeat(1000)}`;
    const timer = setInterval(() => client.send(text[i++] ?? "a"), 20);
    client.socket.once("close", () => clearInterval(timer));
  };
  for (const client of [await fixture.raw(), await fixture.inside()]) {
    dribble(client);
    const answer = await client.closed(4000);
    assert.equal(statusOf(answer), 408, answer);
    await assertDenied(fixture, "limit-reached");
  }
  // What comes behind the refusal is the rest of the same head, and no refusal of its own.
  assert.equal(fixture.audit.decisions().length, 2);
  assertNothingLeft(fixture);
});

test("row 121: a connection that says nothing is cut off", async (t) => {
  const fixture = await openGateway(t, { limits: { headMs: 300 } });
  const client = await fixture.raw();
  await client.closed(4000);
});

test("row 121: a body that stops moving is cut off", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, limits: { idleMs: 300 } });
  for (const size of [1000, 10_000_000]) {
    const client = await fixture.inside();
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${size}\r\n\r\npart`);
    await client.closed(4000);
  }
  assert.deepEqual(origin.seen, []);
  await eventually(() => fixture.gateway.stats().exchanges === 0);
});

test("a model that thinks longer than the idle limit is waited for", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => setTimeout(() => response.end("thought"), 700) });
  const fixture = await openGateway(t, { origin, limits: { idleMs: 200 } });
  const client = await fixture.inside();
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\nhi`);
  await client.until("thought");
});

test("row 125: tunnels over the limit are answered 503, and room is given back", async (t) => {
  const fixture = await openGateway(t, { limits: { tunnels: 3 } });
  const open = await Promise.all([1, 2, 3].map(() => openTunnel(fixture.port, `${HOST}:443`)));
  for (const tunnel of open) assert.equal(statusOf(tunnel.received()), 200);
  const over = await openTunnel(fixture.port, `${HOST}:443`);
  assert.equal(statusOf(over.received()), 503);
  await assertDenied(fixture, "limit-reached");
  for (const tunnel of open) tunnel.end();
  await eventually(() => fixture.gateway.stats().tunnels === 0);
  const again = await openTunnel(fixture.port, `${HOST}:443`);
  assert.equal(statusOf(again.received()), 200);
  again.end();
});

test("row 125: connections over the limit are answered 503", async (t) => {
  const fixture = await openGateway(t, { limits: { connections: 4 } });
  const open = await Promise.all([1, 2, 3, 4].map(() => fixture.raw()));
  await eventually(() => fixture.gateway.stats().connections === 4);
  const over = await fixture.raw();
  assert.equal(statusOf(await over.closed()), 503);
  for (const client of open) client.end();
  await eventually(() => fixture.gateway.stats().connections === 0);
});

test("row 125: a flood of 300 connections leaves the gateway serving", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const flood = await Promise.all(Array.from({ length: 300 }, () => openRaw(fixture.port)));
  const client = await fixture.inside();
  client.send(`GET /served HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/served"');
  for (const one of flood) one.end();
  await eventually(() => fixture.gateway.stats().connections <= 1);
});

for (const inside of [false, true]) {
  test(`row 125: thousands of pipelined requests ${inside ? "in a tunnel" : "outside"} are begun a few at a time, and all answered`, async (t) => {
    const held: (() => void)[] = [];
    let open = false;
    const origin = await openOrigin({
      tls: inside,
      respond: ({ url }, response) =>
        open ? response.end(`done ${url} `) : held.push(() => response.end(`done ${url} `)),
    });
    const rules = [{}, { scheme: "http", port: 80 }] as const;
    const fixture = await openGateway(t, { origin, rules });
    const client = inside ? await fixture.inside() : await fixture.raw();
    const start = inside ? "" : `http://${HOST}`;
    const total = 3000;
    for (let i = 0; i < total; i += 1) client.send(`GET ${start}/${i} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await eventually(() => held.length > 0);
    // What one read of a socket may bring, and not what the client has sent.
    for (let i = 0; i < 50; i += 1) {
      assert.ok(fixture.gateway.stats().requests < 2000, `${fixture.gateway.stats().requests} begun`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    open = true;
    for (const answer of held) answer();
    await client.until(`done /${total - 1} `, 30_000);
    const order = [...client.received().matchAll(/done \/(\d+) /g)].map(([, number]) => Number(number));
    assert.deepEqual(
      order,
      order.map((_, i) => i),
    );
    assert.equal(order.length, total);
  });
}

test("row 130: a flood of denials is counted, not written line by line", async (t) => {
  let at = 1_000_000;
  const fixture = await openGateway(t, { rules: [], now: () => at });
  const client = await fixture.raw();
  for (let i = 0; i < 10; i += 1) {
    client.clear();
    client.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(30));
    await eventually(() => client.received().match(/HTTP\/1\.1 403/g)?.length === 30);
  }
  assert.equal(fixture.audit.decisions().length, 100);
  at += 2000;
  client.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await eventually(() => fixture.audit.sessions().some((event) => event.detail === "200"));
});

test("row 126: names that no rule lists get no leaf", async (t) => {
  const fixture = await openGateway(t, { rules: [{ host: "*.wild.example.test" }] });
  const tunnel = await openTunnel(fixture.port, "a.other.example.test:443");
  assert.equal(statusOf(tunnel.received()), 403);
  tunnel.end();
  await assertDenied(fixture, "host-not-listed");
  const allowed = await fixture.inside("x.wild.example.test");
  allowed.end();
});

test("row 135: tunnels and exchanges whose rule is gone are cut, others live on", async (t) => {
  const origin = await openRawOrigin((socket) => socket.on("data", () => {}), { tls: false });
  const slow = await openOrigin({ respond: (_, response) => response.write("begun") });
  const fixture = await openGateway(t, {
    rules: [{ mode: "splice" }, { host: "evil.example.test" }, { host: "stays.example.test" }],
    origin,
    evil: slow,
  });
  const spliced = await openTunnel(fixture.port, `${HOST}:443`);
  spliced.send(clientHello([serverName(HOST)]));
  const exchange = await fixture.inside("evil.example.test");
  exchange.send("GET / HTTP/1.1\r\nHost: evil.example.test\r\n\r\n");
  await exchange.until("begun");
  fixture.names.set("stays.example.test", [GOOD_ADDRESS]);
  const stays = await openTunnel(fixture.port, "stays.example.test:443");
  await eventually(() => fixture.dials.length === 2);
  const version = await fixture.gateway.apply(policyOf([{ host: "stays.example.test" }], [], 7), "test");
  assert.equal(version, 7);
  await spliced.closed();
  await exchange.closed();
  const cut = fixture.audit.sessions().filter((event) => event.event === "tunnel-cut");
  assert.deepEqual(cut.map(({ detail }) => /(\S+): the policy changed$/.exec(detail)?.[1]).sort(), [
    `${HOST}:443`,
    "evil.example.test:443",
  ]);
  assert.equal(fixture.gateway.stats().tunnels, 1);
  assert.equal(stays.socket.destroyed, false);
  const policy = fixture.audit.events.find((event) => event.type === "policy");
  assert.deepEqual(policy, { type: "policy", version: 7, rules: 1, cause: "test" });
  const after = await openTunnel(fixture.port, `${HOST}:443`);
  assert.equal(statusOf(after.received()), 403);
});

test("row 135: an open tunnel's next request is judged by the new policy", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/a"');
  await fixture.gateway.apply(policyOf([{ paths: ["/b"] }], [], 2), "test");
  client.clear();
  client.send(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until("}"), /path-not-listed/);
  assert.equal(fixture.audit.decisions().at(-1)?.policyVersion, 2);
});

test("row 23, row 148: a policy with problems or of an old version is not taken, the present one stays", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const bad = policyOf([{ host: "*.*" }], [credential({ placeholder: "x" })], 2);
  await assert.rejects(fixture.gateway.apply(bad, "test"), { code: "PLAN_INVALID" });
  await assert.rejects(fixture.gateway.apply(policyOf([], [], 1), "test"), { code: "PLAN_INVALID" });
  assert.equal(fixture.gateway.stats().policyVersion, 1);
  const client = await fixture.inside();
  client.send(`GET /still HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/still"');
  await assert.rejects(openGateway(t, { rules: [{ host: "*.*" }] }), { code: "PLAN_INVALID" });
});

test("row 134: close ends every connection, quickly, and nothing listens any more", async (t) => {
  const origin = await openRawOrigin((socket) => socket.on("data", () => {}), { tls: false });
  const slow = await openOrigin({ respond: (_, response) => response.write("begun") });
  const fixture = await openGateway(t, {
    origin,
    evil: slow,
    rules: [{ mode: "splice" }, { host: "evil.example.test" }],
  });
  const spliced = await openTunnel(fixture.port, `${HOST}:443`);
  spliced.send(clientHello([serverName(HOST)]));
  const exchange = await fixture.inside("evil.example.test");
  exchange.send("GET / HTTP/1.1\r\nHost: evil.example.test\r\n\r\n");
  await exchange.until("begun");
  const idle = await fixture.raw();
  await eventually(() => fixture.dials.length === 2);
  const before = Date.now();
  await Promise.all([fixture.gateway.close(), fixture.gateway.close()]);
  assert.ok(Date.now() - before < 15_000, "it waited for a client");
  for (const client of [spliced, exchange, idle]) await client.closed();
  await assert.rejects(openRaw(fixture.port), { code: "ECONNREFUSED" });
  assert.deepEqual([fixture.gateway.stats().tunnels, fixture.gateway.stats().exchanges], [0, 0]);
  await eventually(() => fixture.audit.results().length === 2);
  const again = createServer();
  await new Promise<void>((resolve) => again.listen(fixture.port, "127.0.0.1", resolve));
  again.close();
});

test("row 135: a rule that goes while its request waits for the resolver takes the request with it", async (t) => {
  let answer: (addresses: readonly string[]) => void = () => {};
  const fixture = await openGateway(t, {
    resolve: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await eventually(() => fixture.audit.decisions().length === 1);
  const other = await openTunnel(fixture.port, `${HOST}:443`);
  await fixture.gateway.apply(policyOf([{ paths: ["/other"] }], [], 2), "test");
  answer([GOOD_ADDRESS]);
  assert.match(await client.until("}"), /policy-expired/);
  assert.deepEqual(fixture.dials, []);
  other.end();
});
