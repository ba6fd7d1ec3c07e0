import assert from "node:assert/strict";
import test from "node:test";
import { packRules } from "../../../src/core/policy/packs.ts";
import { deny } from "../../support/core/policies.ts";
import { eventually, GOOD_ADDRESS, HOST, openGateway, policyOf } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, assertNothingLeft, bodyOf, statusOf } from "../../support/gateway/verdicts.ts";

const REGISTRY = "registry.npmjs.org";

test("row 136: a refused registry names the rule pack that would allow it, to the agent and in the log", async (t) => {
  const fixture = await openGateway(t, { rules: [{ host: "internal.example.test" }] });
  const client = await fixture.raw();
  client.send(`CONNECT ${REGISTRY}:443 HTTP/1.1\r\nHost: ${REGISTRY}:443\r\n\r\n`);
  const answer = await client.until("}}\n");
  const { error } = JSON.parse(bodyOf(answer));
  assert.deepEqual([statusOf(answer), error.reason, error.rule_pack], [403, "host-not-listed", "npm"]);
  assert.match(error.how, /the rule pack npm/);
  assert.match(error.message, /the rule pack npm/);
  assert.ok(!answer.includes("internal.example.test"), "nothing of the policy");
  await assertDenied(fixture, "host-not-listed");
  assert.match(fixture.audit.decisions()[0]?.detail ?? "", /the rule pack npm would allow it/);
});

test("row 136: the hint is the same whatever else the policy holds, and absent where the pack would not help", async (t) => {
  const hints = [];
  for (const rules of [[], [{}], [{ host: "*.npmjs.org", port: 8443 }]]) {
    const fixture = await openGateway(t, { rules });
    const client = await fixture.raw();
    client.send(`CONNECT ${REGISTRY}:443 HTTP/1.1\r\nHost: ${REGISTRY}:443\r\n\r\n`);
    hints.push(JSON.parse(bodyOf(await client.until("}}\n"))).error.rule_pack);
  }
  assert.deepEqual(hints, ["npm", "npm", "npm"]);
  const fixture = await openGateway(t, { rules: [{ host: "deb.debian.org", paths: ["/other"] }] });
  for (const [request, pack] of [
    ["GET http://deb.debian.org/debian/dists/x", "debian"],
    ["POST http://deb.debian.org/debian/dists/x", undefined],
    ["GET http://deb.debian.org/elsewhere", undefined],
    ["GET http://nowhere.example.test/debian/x", undefined],
  ] as const) {
    const client = await fixture.raw();
    const host = /\/\/([^/]+)/.exec(request)?.[1];
    client.send(`${request} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`);
    assert.equal(JSON.parse(bodyOf(await client.until("}}\n"))).error.rule_pack, pack, request);
  }
  assertNothingLeft(fixture);
});

test("rows 114, 115: through a pack a scoped package is read as npm asks for it; publishing it is refused", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, rules: packRules("npm") });
  fixture.names.set(REGISTRY, [GOOD_ADDRESS]);
  const client = await fixture.inside(REGISTRY);
  client.send(`GET /@babel%2fcore HTTP/1.1\r\nHost: ${REGISTRY}\r\n\r\n`);
  assert.equal(statusOf(await client.until('"url":"/@babel%2fcore"')), 200);
  client.send(`PUT /@babel%2fcore HTTP/1.1\r\nHost: ${REGISTRY}\r\nContent-Length: 2\r\n\r\n{}`);
  assert.match(await client.until("method-not-listed"), /403/);
  const other = await fixture.inside(REGISTRY);
  other.send(`GET /-%2fnpm%2fv1%2ftokens HTTP/1.1\r\nHost: ${REGISTRY}\r\n\r\n`);
  assert.match(await other.until("path-ambiguous"), /403/);
  const body = await fixture.inside(REGISTRY);
  body.send(`GET /left-pad HTTP/1.1\r\nHost: ${REGISTRY}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n0\r\n\r\n`);
  assert.match(await body.until("body-too-large"), /413/);
  assert.deepEqual(
    origin.seen.map(({ method, url }) => `${method} ${url}`),
    ["GET /@babel%2fcore"],
  );
});

test("row 115: at a forge whose whole host is allowed, reads pass the gateway, and no write of its API arrives", async (t) => {
  const origin = await openOrigin();
  const host = "gitlab.com";
  const fixture = await openGateway(t, { origin, rules: [{ host }] });
  fixture.names.set(host, [GOOD_ADDRESS]);
  const client = await fixture.inside(host);
  client.send(`GET /api/v4/projects/1/repository/files/a/raw HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  assert.equal(statusOf(await client.until('"url":')), 200);
  for (const line of [
    "POST /api/v4/projects/1/repository/commits",
    "PUT /api/v4/projects/1/repository/files/a%2fb",
    "POST /api/v4/snippets",
    "POST /api/graphql",
  ]) {
    const other = await fixture.inside(host);
    other.send(`${line} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\n{}`);
    assert.match(await other.until(/forge-write|path-ambiguous/), /403/, line);
  }
  assert.deepEqual(
    origin.seen.map(({ method }) => method),
    ["GET"],
  );
});

test("row 119: through github-read a release is downloaded by the signed query of its redirect, a token in it is not", async (t) => {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
  const digits = (length: number) => "aZ3bY7cX9d0kQ".repeat(20).slice(0, length);
  const jwt = `${part({ typ: "JWT", alg: "HS256" })}.${part({ iss: "github.com", nbf: 1763735700 })}.${digits(43)}`;
  const sas = `sp=r&sv=2018-11-09&sr=b&spr=https&se=2025-11-21T16%3A40%3A00Z&sig=${digits(43)}%3D&jwt=${jwt}`;
  const amz = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${"AK"}IAIWNJYAX4CSVEH53A%2F20251121%2Fus-east-1`;
  for (const [host, path] of [
    ["release-assets.githubusercontent.com", `/github-production-release-asset/1/2?${sas}`],
    ["objects.githubusercontent.com", `/github-production-release-asset-2e65be/1/2?${amz}`],
  ] as const) {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: packRules("github-read") });
    fixture.names.set(host, [GOOD_ADDRESS]);
    const client = await fixture.inside(host);
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(statusOf(await client.until(/"url":|bot_bottle_refused/)), 200, host);
    assert.ok(!fixture.audit.text().includes(jwt), "the log holds what a download is signed with");
    client.send(`GET ${path}&x=${"sk"}-ant-api03-${digits(93)}AA HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.match(await client.until("token-in-request"), /Anthropic/, host);
    assert.equal(origin.seen.length, 1);
  }
});

test("what is denied is denied in the tunnel that another path of the host may use, however it is written", async (t) => {
  const origin = await openOrigin();
  const denials = [deny({ host: HOST, paths: ["/admin/*"] }), deny({ id: "deny:1", host: HOST, methods: ["DELETE"] })];
  const fixture = await openGateway(t, { origin, deny: denials });
  for (const path of ["/admin/x", "/ADMIN", "/%61dmin/x", "/admin%2fx"]) {
    const client = await fixture.inside();
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.match(await client.until("denied-by-rule"), /403/, path);
  }
  const form = await fixture.inside();
  const text = "a=1&_method=delete";
  form.send(
    `POST /x HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  assert.match(await form.until("method-not-listed"), /403/);
  assertNothingLeft(fixture);
  const { rule, detail } = fixture.audit.decisions()[0] ?? {};
  assert.deepEqual([rule, detail], ["deny:0", `host ${HOST}`]);
  const client = await fixture.inside();
  client.send(`GET /ok HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.equal(statusOf(await client.until('"url":"/ok"')), 200);
});

test("row 135: a newer policy that denies cuts the tunnels that it denies", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET /first HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until('"url":"/first"');
  await fixture.gateway.apply(policyOf([{}], [], 2, [deny({ host: HOST })]), "test");
  await eventually(() => fixture.gateway.stats().tunnels === 0);
  const again = await fixture.raw();
  again.send(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`);
  const refused = JSON.parse(bodyOf(await again.until("}}\n")));
  assert.deepEqual([refused.error.reason, refused.error.rule_pack], ["denied-by-rule", undefined]);
});
