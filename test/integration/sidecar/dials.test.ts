import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { DialTarget, EgressRule } from "../../../src/core/model/policy.ts";
import { startRemoteServices } from "../../../src/session/remote-services.ts";
import { get, post } from "../../support/gateway/asking.ts";
import { eventually, policyOf } from "../../support/gateway/fixture.ts";
import { createMemoryAudit } from "../../support/gateway/memory-audit.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { openHostilePlace } from "../../support/sidecar/hostile-place.ts";
import { openSidecar } from "../../support/sidecar/world.ts";

/** A listener of the operator's machine that echoes; on a path or a port. */
async function openEcho(t: TestContext, where: string | number) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) =>
    typeof where === "number" ? server.listen(where, "127.0.0.1", resolve) : server.listen(where, resolve),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { sockets, port: typeof address === "object" && address !== null ? address.port : 0 };
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "dials-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Services in a sidecar that says what the test says, under rules that dial these places. */
async function openHostile(t: TestContext, dials: readonly DialTarget[]) {
  const place = openHostilePlace();
  const rules: Partial<EgressRule>[] = dials.map((dial, index) => ({ host: `host${index}.example.test`, dial }));
  const services = await startRemoteServices(
    {
      bottle: "one",
      policy: policyOf(rules),
      secrets: () => Promise.reject(new Error("none")),
      ownAddresses: () => ["192.0.2.200"],
      audit: createMemoryAudit(),
      desk: null,
    },
    place,
  );
  t.after(() => services.close());
  const sidecar = place.sidecars.at(-1);
  assert.ok(sidecar !== undefined);
  const answer = async (seq: number) => {
    await eventually(() => sidecar.told.some((it) => it.type === "dialled" && it.seq === seq));
    return sidecar.told.find((it) => it.type === "dialled" && it.seq === seq)?.why;
  };
  return { place, services, sidecar, answer };
}
const tcp = (port: number, address = "127.0.0.1") => ({ kind: "tcp", address, port }) as const;

test("the gateway of a sidecar reaches a unix socket of the operator's machine that a rule dials", async (t) => {
  const folder = folderOf(t);
  const path = join(folder, "model.sock");
  const { createServer: createHttp } = await import("node:http");
  const server = createHttp((request, response) => response.end(`{"url":"${request.url}"}`));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const world = await openSidecar(t, {
    rules: [{ host: "plain.example.test", scheme: "http", port: 80, dial: { kind: "unix", path, caPem: null } }],
  });
  const client = await world.raw();
  client.send("GET http://plain.example.test/a HTTP/1.1\r\nHost: plain.example.test\r\n\r\n");
  assert.match(await client.until("}"), /^HTTP\/1\.1 200 [\s\S]*"url":"\/a"/);
  await eventually(() => world.audit().some((it) => it.type === "session" && it.event === "upstream-connected"));
});

test("big bodies pass whole through a sidecar to where a rule dials, many at a time", async (t) => {
  const world = await openSidecar(t);
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const client = await world.inside();
      const body = randomBytes(700_000 + index).toString("base64");
      post(client, `/${index}`, body);
      await client.until(`"body":"${body.slice(0, 40)}`, 20_000);
    }),
  );
  assert.equal(world.origin.seen.length, 8);
  for (const { body } of world.origin.seen) assert.ok(body.length > 900_000);
  const sums = new Set(world.origin.seen.map(({ body }) => createHash("sha256").update(body).digest("hex")));
  assert.equal(sums.size, 8);
});

test("where nobody listens on the operator's machine a sidecar's gateway says so at once", async (t) => {
  const world = await openSidecar(t, { rules: [{ dial: { ...tcp(1), caPem: null } }] });
  const client = await world.inside();
  get(client, "/a");
  assert.match(await client.until("}"), /^HTTP\/1\.1 502 [\s\S]*upstream-unreachable/);
  await eventually(() => world.audit().some((it) => it.type === "result" && /ECONNREFUSED/.test(it.error ?? "")));
});

test("row 135: a policy that dials a place no more cuts the connections there, whatever the sidecar does", async (t) => {
  const echo = await openEcho(t, 0);
  const { services, sidecar, answer } = await openHostile(t, [{ ...tcp(echo.port), caPem: null }]);
  sidecar.say({ type: "dial", seq: 1, place: tcp(echo.port) });
  assert.equal(await answer(1), null);
  sidecar.say("=1 aGVsbG8=\n");
  await eventually(() => sidecar.told.some((it) => it.line === "=1 aGVsbG8="));
  const applied = services.apply({ ...policyOf([]), version: 2 }, "revoke");
  await eventually(() => echo.sockets.size === 0);
  await eventually(() => sidecar.told.some((it) => it.line === "!1"));
  sidecar.say({ type: "reply", seq: 1, value: 2 });
  await applied;
  sidecar.say({ type: "dial", seq: 2, place: tcp(echo.port) });
  assert.match(String(await answer(2)), /no rule dials it/);
});

test("row 150: the host process connects a sidecar to what the policy dials, and to nothing else", async (t) => {
  const folder = folderOf(t);
  const own = join(folder, "bot-bottle-0");
  mkdirSync(own);
  const dialled = await openEcho(t, 0);
  const other = await openEcho(t, 0);
  const control = await openEcho(t, join(own, "control.sock"));
  const { sidecar, answer } = await openHostile(t, [
    { ...tcp(dialled.port), caPem: null },
    { kind: "unix", path: join(folder, "link.sock"), caPem: null },
  ]);
  symlinkSync(join(own, "control.sock"), join(folder, "link.sock"));
  const places = [
    tcp(other.port),
    tcp(dialled.port, "127.0.0.2"),
    { kind: "unix", path: join(own, "control.sock") },
    { kind: "unix", path: join(folder, "link.sock") },
  ];
  for (const [index, place] of places.entries()) sidecar.say({ type: "dial", seq: index + 1, place });
  for (const index of [0, 1, 2]) assert.match(String(await answer(index + 1)), /no rule dials it/);
  assert.match(String(await answer(4)), /bot-bottle itself/);
  assert.deepEqual([other.sockets.size, control.sockets.size], [0, 0]);
  // This bottle has no git gate.
  sidecar.say({ type: "dial", seq: 5, place: { kind: "service", name: "git" } });
  assert.match(String(await answer(5)), /no such service/);
  // The same sidecar reaches what it may.
  sidecar.say({ type: "dial", seq: 6, place: tcp(dialled.port) });
  assert.equal(await answer(6), null);
});

test("row 150: a sidecar gets no more connections at a time than there are places for", async (t) => {
  const echo = await openEcho(t, 0);
  const { sidecar, answer } = await openHostile(t, [{ ...tcp(echo.port), caPem: null }]);
  for (let seq = 1; seq <= 129; seq += 1) sidecar.say({ type: "dial", seq, place: tcp(echo.port) });
  assert.match(String(await answer(129)), /more than 128/);
  assert.equal(await answer(128), null);
  sidecar.say("!1\n");
  await eventually(() => echo.sockets.size === 127);
  sidecar.say({ type: "dial", seq: 130, place: tcp(echo.port) });
  assert.equal(await answer(130), null);
});

test("row 150: a sidecar that sends more than was asked for is ended, and its connections with it", async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pause();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const { place, sidecar, answer } = await openHostile(t, [{ ...tcp(port), caPem: null }]);
  sidecar.say({ type: "dial", seq: 1, place: tcp(port) });
  assert.equal(await answer(1), null);
  const piece = `=1 ${Buffer.alloc(48 << 10).toString("base64")}\n`;
  // The kernel takes some MiB for who does not read; what is owed ends it.
  for (let sent = 0; sent < 400 && !sidecar.killed; sent += 1) {
    sidecar.say(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sidecar.killed);
  await eventually(() => place.sidecars.length === 2);
  for (const socket of sockets) socket.resume();
  await eventually(() => sockets.size === 0);
});

test("one upstream that reads nothing holds up no other, though all share the control stream", async (t) => {
  const stuck = createServer((socket) => socket.pause());
  await new Promise<void>((resolve) => stuck.listen(0, "127.0.0.1", resolve));
  const held = new Set<Socket>();
  stuck.on("connection", (socket) => held.add(socket));
  t.after(() => {
    for (const socket of held) socket.destroy();
    stuck.close();
  });
  const { port } = stuck.address() as { port: number };
  const other = await openOrigin({ tls: false });
  t.after(() => other.close());
  const world = await openSidecar(t, {
    rules: [
      { host: "stuck.example.test", scheme: "http", port: 80, dial: { ...tcp(port), caPem: null } },
      { host: "sound.example.test", scheme: "http", port: 80, dial: { ...tcp(other.port), caPem: null } },
    ],
  });
  const slow = await world.raw();
  const bytes = 40 << 20;
  slow.send(`POST http://stuck.example.test/ HTTP/1.1\r\nHost: stuck.example.test\r\nContent-Length: ${bytes}\r\n\r\n`);
  slow.send(Buffer.alloc(bytes, "a line of text\n"));
  await eventually(() => held.size === 1);
  for (let round = 0; round < 20; round += 1) {
    const client = await world.raw();
    client.send(`GET http://sound.example.test/${round} HTTP/1.1\r\nHost: sound.example.test\r\n\r\n`);
    assert.equal(statusOf(await client.until("}")), 200);
    client.end();
  }
});
