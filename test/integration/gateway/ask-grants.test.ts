import assert from "node:assert/strict";
import test from "node:test";
import { grant } from "../../support/core/policies.ts";
import { claimOf, get, openAsking, post, question } from "../../support/gateway/asking.ts";
import { eventually, HOST } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";

/** A yes to `POST /a` at the fixture's host. */
const GRANT = grant({ method: "POST", authority: `${HOST}:443`, path: "/a" });

test("rows 132, 144: a grant covers its method, host and path, and nothing that only looks like it", async (t) => {
  const fixture = await openAsking(t);
  const client = await fixture.inside();
  post(client, "/a", "x");
  const proposal = await question(fixture.desk);
  const claim = claimOf(fixture, proposal);
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [GRANT] }, "grant");
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

test("row 135: a revoked grant cuts what only it allowed, and lets what a rule lists go on", async (t) => {
  const stuck = await openOrigin({ respond: (_, response) => void response.write("begun") });
  const fixture = await openAsking(t, { origin: stuck });
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [{ ...GRANT, method: "GET" }] }, "grant");
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
    { ...fixture.policy, version: 2, grants: [{ ...GRANT, method: "GET", expiresAt: now + 10 }] },
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
  await fixture.gateway.apply({ ...fixture.policy, version: 2, grants: [GRANT] }, "grant");
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
