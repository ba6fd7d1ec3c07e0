import assert from "node:assert/strict";
import test from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import {
  credential,
  eventually,
  type FixtureOptions,
  HOST,
  openGateway,
  SECRET,
} from "../../support/gateway/fixture.ts";
import { CLEAN_REQUEST, LEAKY_PLACES } from "../../support/gateway/leaky-requests.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, assertNothingLeft, bodyOf, statusOf } from "../../support/gateway/verdicts.ts";

const OWN = "Kq7-very.private-value-of-the-operator";
const BAIT = "AKIAQ5T7XNBZ2LKJ4WVC";

const GUARDED: FixtureOptions = {
  known: [new Secret("DB_PASSWORD", OWN)],
  policy: { canaries: [{ name: "aws-credentials", values: [BAIT] }] },
};

const base64 = (text: string) => Buffer.from(text).toString("base64");
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in base64": (text) => base64(`a${text}z`),
  "in base64url": (text) => Buffer.from(`ab${text}`).toString("base64url"),
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in percent escapes": (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join(""),
  "in percent escapes twice": (text) => [...Buffer.from(text)].map((byte) => `%25${byte.toString(16)}`).join(""),
  reversed: (text) => [...text].reverse().join(""),
};

for (const { place, where, request, fits } of LEAKY_PLACES) {
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    for (const [kind, value, reason] of [
      ["known", OWN, "secret-in-request"],
      ["canary", BAIT, "canary-in-request"],
    ] as const) {
      const text = encode(value);
      if (fits?.test(text) === false) continue;
      // A chunked body is read on the way, after the upstream was dialled; of the value nothing leaves all the same.
      const streamed = place.includes("chunks");
      test(`rows 105, 106, 108, 111: a ${kind} value ${encoding} in ${place} does not leave, and the operator is told`, async (t) => {
        const origin = await openOrigin();
        const fixture = await openGateway(t, { ...GUARDED, origin });
        const client = await fixture.inside();
        client.send(request(text));
        const answer = await client.until(/bot_bottle_refused[\s\S]*\}/);
        // A bait that names itself is none.
        assert.match(answer, /"reason":"secret-in-request"/);
        await eventually(() => fixture.audit.decisions().some(({ verdict }) => verdict === "deny"));
        const denied = fixture.audit.decisions().find(({ verdict }) => verdict === "deny");
        assert.equal(denied?.reason, reason);
        assert.equal(denied?.alert, true);
        const [finding] = denied?.findings ?? [];
        assert.equal(finding?.kind, kind);
        assert.ok(finding?.where.startsWith(where) || finding?.where === "query", finding?.where);
        assert.equal(finding?.action, "blocked");
        assert.equal(fixture.alerts.length, 1);
        if (streamed) assert.equal(origin.seen.length, 0);
        else assertNothingLeft(fixture);
        assert.ok(!fixture.audit.text().includes(value), "the log holds the value");
      });
    }
  }
}

test("row 105: a clean request passes where values are guarded", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { ...GUARDED, origin });
  const client = await fixture.inside();
  client.send(CLEAN_REQUEST);
  assert.equal(statusOf(await client.until("\r\n\r\n")), 200);
  assert.equal(Object.hasOwn(fixture.audit.decisions()[0] ?? {}, "findings"), false);
});

test("rows 42, 105: a value in the labels of a host is found before the name is looked up, listed or not", async (t) => {
  const label = Buffer.from(OWN).toString("hex").slice(0, 60);
  const rest = Buffer.from(OWN).toString("hex").slice(60);
  const fixture = await openGateway(t, {
    ...GUARDED,
    rules: [{ host: "*.example.test" }, { host: "*.s.test", mode: "splice" }],
  });
  for (const [target, reason] of [
    [`${BAIT.toLowerCase()}.example.test`, "canary-in-request"],
    [`${BAIT.toLowerCase()}.s.test`, "canary-in-request"],
    [`${BAIT.toLowerCase()}.unlisted.test`, "canary-in-request"],
    [`${label}.${rest}.example.test`, "secret-in-request"],
    [`x.${label}.${rest}.unlisted.test`, "secret-in-request"],
  ] as const) {
    const raw = await fixture.raw();
    raw.send(`CONNECT ${target}:443 HTTP/1.1\r\nHost: ${target}:443\r\n\r\n`);
    assert.equal(statusOf(await raw.until("\r\n\r\n")), 403, target);
    await assertDenied(fixture, reason);
  }
  assert.equal(fixture.alerts.length, 5);
  assert.ok(!fixture.audit.text().toLowerCase().includes(BAIT.toLowerCase()));
});

test("rows 105, 106: a canary in a head that cannot be read is told all the same", async (t) => {
  const fixture = await openGateway(t, GUARDED);
  const raw = await fixture.raw();
  raw.send(`GET http://a..b/${BAIT} HTTP/1.1\r\nHost: a..b\r\n\r\n`);
  assert.ok(statusOf(await raw.until("\r\n\r\n")) >= 400);
  await assertDenied(fixture, "canary-in-request");
  assert.equal(fixture.alerts.length, 1);
});

test("rows 95, 105: a credential stands nowhere but in its own slot at its own host", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end("ok") });
  const fixture = await openGateway(t, { credentials: [credential()], values: { api: SECRET }, origin });
  const client = await fixture.inside();
  // In the slot it is overwritten, so nothing of the client's leaves.
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${SECRET}\r\n\r\n`);
  assert.equal(statusOf(await client.until("ok")), 200);
  client.clear();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Note: ${SECRET}\r\n\r\n`);
  assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "secret-in-request");
  assert.equal(origin.seen.length, 1);
});

test("rows 106, 119: where a rule masks, a known value is masked in the body and blocked elsewhere, and a canary blocked everywhere", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { ...GUARDED, origin, rules: [{ leaks: { action: "redact", opaque: null } }] });
  const client = await fixture.inside();
  const post = (body: string) =>
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  post(JSON.stringify({ env: `DB_PASSWORD=${OWN}`, more: "text" }));
  const answer = await client.until(/"body":"[\s\S]*"\}/);
  assert.equal(JSON.parse(JSON.parse(bodyOf(answer)).body).env, `DB_PASSWORD=${"*".repeat(OWN.length)}`);
  const [allowed] = fixture.audit.decisions();
  assert.deepEqual([allowed?.verdict, allowed?.findings?.[0]?.action], ["allow", "masked"]);
  client.clear();
  post(`x ${BAIT}`);
  assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
  assert.equal(fixture.audit.decisions().at(-1)?.reason, "canary-in-request");
  client.clear();
  client.send(`GET /${OWN} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  assert.match(await client.until(/refused[\s\S]*\}/), /secret-in-request/);
  assert.equal(origin.seen.length, 1);
  assert.ok(!fixture.audit.text().includes(OWN));
});

test("rows 106, 119: no action lets a known value or a canary pass", async (t) => {
  for (const action of ["warn", "ask"] as const) {
    const leaks = { action, opaque: "allow", allow: [], ignore: ["DB_PASSWORD", "aws-credentials"] } as const;
    const fixture = await openGateway(t, { ...GUARDED, policy: { ...GUARDED.policy, leaks } });
    for (const [value, reason] of [
      [OWN, "secret-in-request"],
      [BAIT, "canary-in-request"],
    ] as const) {
      const client = await fixture.inside();
      client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${value.length}\r\n\r\n${value}`);
      await client.until(/refused[\s\S]*\}/);
      await assertDenied(fixture, reason);
    }
  }
});

test("row 107: an encoded body is refused where it cannot be searched", async (t) => {
  const fixture = await openGateway(t, GUARDED);
  for (const encoding of ["x-secret", "gzip, gzip", "compress"]) {
    const client = await fixture.inside();
    client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Encoding: ${encoding}\r\nContent-Length: 3\r\n\r\nabc`);
    assert.equal(statusOf(await client.until(/refused[\s\S]*\}/)), 415);
    await assertDenied(fixture, "body-unreadable");
    client.end();
  }
});

const OPAQUE: readonly (readonly [what: string, type: string, body: string])[] = [
  ["a zip archive", "application/zip", "PK"],
  ["an image by its type", "image/png", "x"],
  ["a zip archive that claims to be text", "text/plain", "PK\x03\x04 and so on"],
  ["an image without a type", "", "\x89PNG\r\n\x1a\n"],
  ["a PDF", "text/plain", "%PDF-1.7"],
  ["a git pack", "application/x-git-receive-pack-request", "0000PACK"],
  ["a message of gRPC", "application/grpc+proto", "x"],
  [
    "a part that is an image",
    "multipart/form-data; boundary=edge",
    '--edge\r\nContent-Disposition: form-data; name="f"\r\n\r\n\x89PNG and more\r\n--edge--\r\n',
  ],
  ["what holds a NUL", "text/plain", "a\0b"],
];

for (const [what, type, body] of OPAQUE) {
  test(`row 112: ${what} leaves only where opaque bodies are allowed`, async (t) => {
    const field = type === "" ? "" : `Content-Type: ${type}\r\n`;
    const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\n${field}`;
    for (const chunked of [false, true]) {
      const sent = chunked
        ? `${head}Transfer-Encoding: chunked\r\n\r\n${[...body].map((byte) => `1\r\n${byte}\r\n`).join("")}0\r\n\r\n`
        : `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
      const strict = await openGateway(t, {
        rules: [{ leaks: { action: null, opaque: "deny" } }],
        origin: await openOrigin(),
      });
      const refused = await strict.inside();
      refused.send(sent);
      await refused.until(/refused[\s\S]*\}/);
      assert.equal(strict.audit.decisions().find(({ verdict }) => verdict === "deny")?.reason, "body-unreadable");
      if (!chunked) assertNothingLeft(strict);
      const origin = await openOrigin();
      const open = await openGateway(t, { origin });
      const client = await open.inside();
      client.send(sent);
      assert.equal(statusOf(await client.until("\r\n\r\n")), 200);
      await eventually(() => origin.seen.length === 1);
      assert.equal(origin.seen[0]?.body.toString("latin1"), body);
    }
  });
}

test("row 112: an allowed archive is searched as it is", async (t) => {
  const fixture = await openGateway(t, GUARDED);
  const client = await fixture.inside();
  const body = `PK\x03\x04 stored, not deflated: ${OWN}`;
  client.send(
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/zip\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await client.until(/refused[\s\S]*\}/);
  await assertDenied(fixture, "secret-in-request");
});

test("row 93: a credential that is written into the query leaves in no other parameter of it", async (t) => {
  const key = credential({ scheme: { kind: "query", parameter: "key" }, drops: [] });
  for (const [query, sent] of [
    [`key=${SECRET}&a=1`, true],
    [`KEY=${SECRET}`, true],
    [`note=${SECRET}`, false],
    [`key=${SECRET}&note=${Buffer.from(SECRET).toString("hex")}`, false],
    [`a=${SECRET.slice(0, 9)}&b=${SECRET.slice(9)}`, false],
  ] as const) {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, credentials: [key], values: { api: SECRET } });
    const client = await fixture.inside();
    client.send(`GET /?${query} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.until(/"url":|bot_bottle_refused[\s\S]*\}\n/);
    assert.equal(statusOf(answer), sent ? 200 : 403, query);
    assert.equal(origin.seen.length, sent ? 1 : 0);
    if (!sent) await assertDenied(fixture, "secret-in-request");
  }
});

const [FIRST, SECOND] = [OWN.slice(0, 17), OWN.slice(17)];
const posted = (type: string, body: string) =>
  `POST /x HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const IN_PIECES: Readonly<Record<string, { readonly where: string; readonly request: string }>> = {
  "parameters of the query": {
    where: "query",
    request: `GET /x?id=7&a=${FIRST}&b=${SECOND}&z=1 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  },
  cookies: {
    where: "header cookie",
    request: `GET /x HTTP/1.1\r\nHost: ${HOST}\r\nCookie: s=7; a=${FIRST}; b=${SECOND}; z=1\r\n\r\n`,
  },
  "values of JSON": { where: "body", request: posted("application/json", JSON.stringify({ a: FIRST, b: SECOND })) },
  "values of JSON that claims to be text": {
    where: "body",
    request: posted("text/plain", JSON.stringify(["x", ...OWN, "y"])),
  },
  "fields of a form": {
    where: "body",
    request: posted("application/x-www-form-urlencoded", `id=7&a=${FIRST}&b=${SECOND}`),
  },
  "parts of a form": {
    where: "body",
    request: posted(
      "multipart/form-data; boundary=e",
      [FIRST, SECOND].map((it) => `--e\r\nContent-Disposition: form-data; name="f"\r\n\r\n${it}\r\n`).join(""),
    ),
  },
};

for (const [what, { where, request }] of Object.entries(IN_PIECES)) {
  test(`row 109: a known value cut over ${what} does not leave, and the log does not hold it`, async (t) => {
    const fixture = await openGateway(t, { ...GUARDED, origin: await openOrigin() });
    const client = await fixture.inside();
    client.send(request);
    assert.match(await client.until(/refused[\s\S]*\}/), /"reason":"secret-in-request"/);
    await assertDenied(fixture, "secret-in-request");
    const [finding] = fixture.audit.decisions().at(-1)?.findings ?? [];
    assert.deepEqual([finding?.kind, finding?.where, finding?.through], ["known", where, ["pieces"]]);
    assert.ok(!fixture.audit.text().includes(FIRST) && !fixture.audit.text().includes(SECOND));
  });
}

test("row 109: the beginning of a known value in one field stops nothing", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end("done") });
  const fixture = await openGateway(t, { ...GUARDED, origin });
  const client = await fixture.inside();
  client.send(posted("application/json", JSON.stringify({ a: FIRST, b: "something else" })));
  assert.equal(statusOf(await client.until("done")), 200);
  assert.equal(origin.seen.length, 1);
});
