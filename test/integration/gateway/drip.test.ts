import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { eventually, type Fixture, type FixtureOptions, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";

const OWN = "Kq7-very.private-value-of-the-operator";
const BAIT = "AKIAQ5T7XNBZ2LKJ4WVC";
const GUARDED: FixtureOptions = {
  known: [new Secret("DB_PASSWORD", OWN)],
  policy: { canaries: [{ name: "aws-credentials", values: [BAIT] }] },
};

const posted = (body: string, fields: readonly string[] = []) =>
  [`POST /x HTTP/1.1`, `Host: ${HOST}`, ...fields, `Content-Length: ${body.length}`, "", body].join("\r\n");
const head = (start: string, fields: readonly string[] = []) =>
  [`${start} HTTP/1.1`, `Host: ${HOST}`, ...fields, "", ""].join("\r\n");

/** Requests that carry one piece each, and what the log calls the place. */
const WAYS: Readonly<Record<string, { readonly where: string; request(text: string, index: number): string }>> = {
  "the path's end": { where: "path", request: (text) => head(`GET /v1/${text}`) },
  "a segment of the path": { where: "path", request: (text, i) => head(`GET /v1/${text}/${i}`) },
  "a parameter beside a counter": { where: "query", request: (text, i) => head(`GET /x?page=${i}&q=${text}`) },
  "another parameter each time": { where: "query", request: (text, i) => head(`GET /x?p${i}=${text}`) },
  "names of parameters": { where: "query", request: (text) => head(`GET /x?${text}=1`) },
  "a field": { where: "header x-note", request: (text) => head("GET /x", [`X-Note: ${text}`, "Accept: */*"]) },
  "a body": { where: "bodies", request: (text) => posted(text) },
  "a value of JSON": {
    where: "bodies",
    request: (text, i) => posted(JSON.stringify({ id: `${i}`, more: "-".repeat(70), text })),
  },
  "a field of a form": { where: "bodies", request: (text, i) => posted(`id=${i}&text=${text}`) },
  "a body in chunks": {
    where: "bodies",
    request: (text) => `${head("POST /x", ["Transfer-Encoding: chunked"])}${text.length}\r\n${text}\r\n0\r\n\r\n`,
  },
};

/** Sends a value in pieces until one is refused; how many characters left before. */
async function sent(fixture: Fixture, value: string, size: number, request: (text: string, index: number) => string) {
  const client = await fixture.inside();
  for (let at = 0; at < value.length; at += size) {
    client.clear();
    client.send(request(value.slice(at, at + size), at));
    const answer = await client.until(/\r\n\r\n[\s\S]*\}/);
    if (statusOf(answer) !== 200) return at;
  }
  return value.length;
}

for (const [way, { where, request }] of Object.entries(WAYS)) {
  test(`row 110: a known value that leaves in ${way} of many requests is stopped before its last quarter, and told`, async (t) => {
    const fixture = await openGateway(t, { ...GUARDED, origin: await openOrigin() });
    const left = await sent(fixture, OWN, 3, request);
    assert.ok(left <= OWN.length * 0.75, `${left} of ${OWN.length} characters left`);
    await eventually(() => fixture.audit.decisions().some(({ verdict }) => verdict === "deny"));
    const denied = fixture.audit.decisions().find(({ verdict }) => verdict === "deny");
    assert.equal(denied?.reason, "secret-in-request");
    const [finding] = denied?.findings ?? [];
    assert.deepEqual([finding?.name, finding?.where, finding?.through], ["DB_PASSWORD", where, ["pieces", "requests"]]);
    assert.equal(fixture.alerts.length, 1);
  });
}

test("row 110: a canary in pieces is told as one, and the answer does not name it", async (t) => {
  const fixture = await openGateway(t, { ...GUARDED, origin: await openOrigin() });
  const left = await sent(fixture, BAIT, 2, (text) => head(`GET /x?q=${text}`));
  assert.ok(left < BAIT.length);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "canary-in-request");
});

test("row 110: each host has a window of its own, and names below one wildcard share theirs", async (t) => {
  const fixture = await openGateway(t, {
    ...GUARDED,
    origin: await openOrigin(),
    rules: [{ host: "*.example.test", scheme: "http", port: 80 }],
  });
  const statuses: number[] = [];
  for (let at = 0; at < OWN.length; at += 3) {
    const name = `h${at}.example.test`;
    fixture.names.set(name, fixture.names.get(HOST) ?? []);
    const raw = await fixture.raw();
    raw.send(`GET http://${name}/${OWN.slice(at, at + 3)} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    statuses.push(statusOf(await raw.until("\r\n\r\n")));
  }
  assert.ok(statuses.includes(403), statuses.join());
});

test("rows 110, 119: three hundred ordinary requests with short varying texts are no finding", async (t) => {
  const fixture = await openGateway(t, { ...GUARDED, origin: await openOrigin({ respond: (_, it) => it.end("{}") }) });
  const client = await fixture.inside();
  for (let i = 0; i < 300; i++) {
    client.clear();
    client.send(head(`GET /item/${i}?page=${i % 7}&q=word${i % 11}`, [`X-Request-Id: ${i * 7919}`, "Accept: */*"]));
    assert.equal(statusOf(await client.until(/\r\n\r\n[\s\S]*\}/)), 200);
  }
  assert.ok(fixture.audit.decisions().every(({ verdict }) => verdict === "allow"));
});
