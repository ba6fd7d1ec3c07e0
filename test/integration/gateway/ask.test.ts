import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { claimOf, get, openAsking, post, question, UNLISTED } from "../../support/gateway/asking.ts";
import { eventually, HOST } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { assertDenied, assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

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
    excerptBytes: 5,
    reason: "path-not-listed",
    findings: [],
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
  const client = await fixture.inside(UNLISTED);
  assertNothingLeft(fixture);
  get(client, "/x", UNLISTED);
  const proposal = await question(fixture.desk);
  assertNothingLeft(fixture);
  assert.deepEqual([proposal.authority, proposal.reason], [`${UNLISTED}:443`, "host-not-listed"]);
  claimOf(fixture, proposal).settle("once");
  assert.equal(statusOf(await client.until('"url":"/x"')), 200);
  assert.deepEqual(fixture.lookups, [UNLISTED]);
});

test("an encoded body is shown as one, with the hash of what is sent", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  const body = gzipSync("hello");
  const fields = `Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}`;
  client.send(Buffer.concat([Buffer.from(`POST /a HTTP/1.1\r\nHost: ${HOST}\r\n${fields}\r\n\r\n`), body]));
  const { contentType, excerpt, sha256 } = await question(fixture.desk);
  assert.equal(contentType, "text/plain, encoded as gzip");
  assert.deepEqual([excerpt, sha256], [body.toString("hex"), createHash("sha256").update(body).digest("hex")]);
});

test("row 132: of a long body it is known how much is shown", async (t) => {
  const fixture = await openAsking(t);
  for (const [index, [body, bytes]] of [
    ["a".repeat(3000), 1024] as const,
    ["\xff".repeat(600), 256] as const,
  ].entries()) {
    const client = await fixture.inside();
    client.send(
      Buffer.from(`POST /a HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`, "latin1"),
    );
    assert.equal((await question(fixture.desk, index + 1)).excerptBytes, bytes);
  }
});

test("without ask a tunnel to an unlisted host stays shut", async (t) => {
  const fixture = await openAsking(t, { ask: { unlisted: false, timeoutMs: 1000 } });
  await assert.rejects(fixture.inside(UNLISTED));
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
  const joined = fixture.audit.decisions().filter(({ detail }) => detail?.endsWith(`as ${first.id}, which waits`));
  assert.equal(joined.length, 1, "the log says whose answer counts for a repeat");
  assert.equal(claim.settle("once"), 2);
  await clients[0]?.until('"body":"x"');
  await clients[1]?.until('"body":"x"');
  assert.deepEqual(fixture.seen(), ["POST /a x", "POST /a x"]);
  assert.equal(fixture.gateway.held().length, 3);
});

test("row 144: the same bytes as another type are another request", async (t) => {
  const fixture = await openAsking(t);
  for (const type of ["text/plain", "application/json"]) {
    const client = await fixture.inside();
    client.send(`POST /a HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: ${type}\r\nContent-Length: 2\r\n\r\n{}`);
    await eventually(() => fixture.desk.shown.at(-1)?.contentType === type);
  }
  assert.equal(fixture.gateway.held().length, 2);
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

test("rows 130, 132: a no is a no: the same request is not asked about again", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  for (const _ of [1, 2, 3]) {
    client.clear();
    get(client, "/a");
    if (fixture.desk.shown.length === 0) claimOf(fixture, await question(fixture.desk)).settle("ask-denied");
    assert.match(await client.until("}"), /ask-denied/);
  }
  assert.equal(fixture.desk.shown.length, 1);
  const verdicts = fixture.audit.decisions().map(({ verdict }) => verdict);
  assert.deepEqual(verdicts, ["ask", "deny", "deny", "deny"], "and fills no log with questions");
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

test("what was allowed takes no place of those that wait, however long its answer is", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => void response.write("begun") });
  const fixture = await openAsking(t, { origin, limits: { askedRequests: 1 } });
  const client = await fixture.inside();
  get(client, "/a");
  claimOf(fixture, await question(fixture.desk)).settle("once");
  await client.until("begun");
  get(await fixture.inside(), "/b");
  assert.equal((await question(fixture.desk, 2)).target, "/b");
});

test("row 131: what cannot be written down is not asked", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  fixture.audit.failing = true;
  get(client, "/a");
  assert.match(await client.until("}"), /audit-failed/);
  assert.deepEqual(fixture.desk.shown, []);
});
