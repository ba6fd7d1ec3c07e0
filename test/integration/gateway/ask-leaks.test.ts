import assert from "node:assert/strict";
import test from "node:test";
import type { EgressRule } from "../../../src/core/model/policy.ts";
import { claimOf, get, openAsking, post, question } from "../../support/gateway/asking.ts";
import { HOST } from "../../support/gateway/fixture.ts";
import { assertDenied, assertNothingLeft, statusOf } from "../../support/gateway/verdicts.ts";
import { githubToken } from "../../support/leaks/github-token.ts";

const TOKEN = githubToken();
const RULES: readonly Partial<EgressRule>[] = [{ leaks: { action: "ask", opaque: null } }];
const open = (t: test.TestContext) => openAsking(t, { rules: RULES, ask: { unlisted: false, timeoutMs: 60_000 } });

test("rows 119, 132: a token in a body waits for a yes, shown by its type and never by itself", async (t) => {
  const fixture = await open(t);
  const client = await fixture.inside();
  post(client, "/paste", `key=${TOKEN}`);
  const proposal = await question(fixture.desk);
  assertNothingLeft(fixture);
  assert.equal(proposal.reason, "token-in-request");
  assert.match(
    proposal.findings.join(),
    /^body holds what looks like: GitHub personal access token .*fingerprint [0-9a-f]{16}$/,
  );
  assert.ok(!JSON.stringify(proposal).includes(TOKEN));
  claimOf(fixture, proposal).settle("once");
  assert.equal(statusOf(await client.until('"body"')), 200);
  assert.deepEqual(fixture.seen(), [`POST /paste key=${TOKEN}`]);
  assert.deepEqual(
    fixture.audit.decisions().map(({ verdict, findings = [] }) => [verdict, findings.map(({ action }) => action)]),
    [
      ["ask", ["asked"]],
      ["allow", ["asked"]],
    ],
  );
  assert.ok(!fixture.audit.text().includes(TOKEN));
  // A yes to one body is none to another.
  client.clear();
  post(client, "/paste", `key=${githubToken("bZ3bY7cX9d")}`);
  await question(fixture.desk, 2);
  assert.equal(fixture.seen().length, 1);
});

test("rows 119, 132: a no, and a token in a field", async (t) => {
  const fixture = await open(t);
  const client = await fixture.inside();
  get(client, "/x", HOST, `X-Note: ${TOKEN}\r\n`);
  const proposal = await question(fixture.desk);
  claimOf(fixture, proposal).settle("ask-denied");
  const answer = await client.until(/bot_bottle_refused[\s\S]*\}/);
  assert.match(answer, /ask-denied/);
  await assertDenied(fixture, "ask-denied");
  assert.deepEqual(
    fixture.audit
      .decisions()
      .at(-1)
      ?.findings?.map(({ where, action }) => [where, action]),
    [["header x-note", "blocked"]],
  );
});

test("row 119: what cannot wait whole is blocked: a token in the path, in a chunked body, and no question is put", async (t) => {
  const fixture = await open(t);
  const inPath = await fixture.inside();
  get(inPath, `/x/${TOKEN}`);
  await inPath.until(/token-in-request[\s\S]*\}/);
  const chunked = await fixture.inside();
  const text = `key=${TOKEN}`;
  const fields = `Host: ${HOST}\r\nTransfer-Encoding: chunked`;
  chunked.send(`POST /x HTTP/1.1\r\n${fields}\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`);
  await chunked.until(/token-in-request[\s\S]*\}/);
  assert.deepEqual([fixture.desk.shown, fixture.seen()], [[], []]);
});

test("rows 100, 109, 132: nobody is asked about a token that is cut over parameters, and no question holds its pieces", async (t) => {
  const fixture = await open(t);
  const client = await fixture.inside();
  const pieces = [TOKEN.slice(0, 20), TOKEN.slice(20)];
  get(client, `/x?a=${pieces[0]}&b=${pieces[1]}`);
  const answer = await client.until(/bot_bottle_refused[\s\S]*\}/);
  assert.match(answer, /token-in-request/);
  await assertDenied(fixture, "token-in-request");
  assert.deepEqual(fixture.desk.shown, []);
  for (const piece of pieces) assert.ok(!fixture.audit.text().includes(piece));
});

test("rows 100, 132: of a token over the end of what is shown of a body nothing is shown", async (t) => {
  const fixture = await open(t);
  for (const [count, body] of [
    [1, Buffer.from(`${"word ".repeat(199)}${TOKEN} and more`)],
    [2, Buffer.concat([Buffer.alloc(240, 0xff), Buffer.from(` ${TOKEN} and more`)])],
  ] as const) {
    const client = await fixture.inside();
    client.send(`POST /paste HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body);
    const { excerpt, excerptBytes, bytes } = await question(fixture.desk, count);
    assert.ok(excerptBytes < bytes);
    assert.ok(excerpt.length > 400, excerpt);
    for (const part of [TOKEN.slice(0, 5), Buffer.from(TOKEN.slice(0, 5)).toString("hex")]) {
      assert.ok(!excerpt.includes(part), excerpt.slice(-80));
    }
  }
});
