import assert from "node:assert/strict";
import test from "node:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { LeakAction } from "../../../src/core/model/leak.ts";
import { DEFAULT_LEAKS } from "../../../src/core/policy/leaks.ts";
import { credential, eventually, type Fixture, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { LEAKY_PLACES } from "../../support/gateway/leaky-requests.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { assertDenied, assertNothingLeft, bodyOf, statusOf } from "../../support/gateway/verdicts.ts";
import { githubToken } from "../../support/leaks/github-token.ts";

const TOKEN = githubToken();
const TITLE = "GitHub personal access token";

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  "as it is": (text) => text,
  "in base64": (text) => Buffer.from(`user:${text}`).toString("base64"),
  "in base64url": (text) => Buffer.from(`us:${text}`).toString("base64url"),
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in percent escapes": (text) => text.replace("_", "%5f"),
  "in percent escapes twice": (text) => text.replace("_", "%255f"),
};

const post = (body: string, fields = "") =>
  `POST / HTTP/1.1\r\nHost: ${HOST}\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function refused(fixture: Fixture, request: string): Promise<{ secret_type?: string; message: string }> {
  const client = await fixture.inside();
  client.send(request);
  const answer = await client.until(/bot_bottle_refused[\s\S]*\}\n/);
  client.end();
  return JSON.parse(bodyOf(answer)).error;
}

function findingsOf(fixture: Fixture) {
  return fixture.audit.decisions().flatMap(({ findings = [] }) => findings);
}

for (const { place, where, request, fits } of LEAKY_PLACES) {
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    const text = encode(TOKEN);
    if (fits?.test(text) === false) continue;
    for (const action of ["block", "redact", "warn"] as const) {
      // What is done does not depend on how it was found; bodies are where masking has to know.
      const masksForms = action === "redact" && place === "a form field";
      if (encoding !== "as it is" && action !== "block" && !masksForms) continue;
      const inBody = where === "body";
      const outcome = action === "block" || (action === "redact" && !inBody) ? "refused" : "sent";
      test(`rows 105, 106, 108, 111, 119: a token ${encoding} in ${place} is ${outcome} where the rule says ${action}`, async (t) => {
        const origin = await openOrigin({ respond: (_, response) => response.end("done") });
        const fixture = await openGateway(t, { origin, rules: [{ leaks: { action, opaque: null } }] });
        const client = await fixture.inside();
        client.send(request(text));
        const answer = await client.until(/done|bot_bottle_refused[\s\S]*\}\n/);
        const [finding] = outcome === "sent" ? await sentFindings(fixture) : findingsOf(fixture);
        assert.equal(finding?.kind, "pattern");
        assert.equal(finding?.name, "github-personal-token");
        assert.match(finding?.fingerprint ?? "", /^[0-9a-f]{16}$/);
        assert.ok(finding?.where.startsWith(where) || finding?.where === "query", finding?.where);
        assert.ok(!fixture.audit.text().includes(TOKEN), "the log holds the token");
        if (outcome === "refused") {
          assert.equal(statusOf(answer), 403);
          assert.equal(JSON.parse(bodyOf(answer)).error.secret_type, TITLE);
          assert.equal(finding?.action, "blocked");
          assert.equal(origin.seen.length, 0);
          if (!place.includes("chunks")) {
            await assertDenied(fixture, "token-in-request");
            assertNothingLeft(fixture);
          }
          return;
        }
        const [seen] = origin.seen;
        const received = [seen?.url, ...(seen?.rawHeaders ?? []), seen?.body.toString("latin1")].join("\n");
        assert.equal(finding?.action, action === "warn" ? "warned" : "masked");
        assert.equal(received.includes(text), action === "warn");
        // In base64 and hex a letter of theirs, so that what is around stays readable.
        if (action === "redact") assert.match(received, /\*{10}|A{10}|0{10}/);
        // Masking keeps every length.
        const sent = request(text);
        if (!place.includes("chunks")) assert.equal(seen?.body.length, sent.length - sent.indexOf("\r\n\r\n") - 4);
      });
    }
  }
}

/** Findings of an allowed request, on its decision or, of a body read on the way, on its result. */
async function sentFindings(fixture: Fixture) {
  await eventually(() => fixture.audit.results().length === 1);
  return [...fixture.audit.decisions(), ...fixture.audit.results()].flatMap(({ findings = [] }) => findings);
}

test("row 119: a fingerprint that the operator allowed passes, and nothing else does; so does a format not looked for", async (t) => {
  const first = await openGateway(t);
  const refusal = await refused(first, post(TOKEN));
  assert.ok(refusal.message.includes(TITLE));
  const [found] = findingsOf(first);
  const detail = first.audit.decisions().at(-1)?.detail ?? "";
  assert.ok(detail.includes(found?.fingerprint ?? "none"), detail);

  const origin = await openOrigin();
  const allowing = await openGateway(t, {
    origin,
    policy: { leaks: { ...DEFAULT_LEAKS, allow: [found?.fingerprint ?? ""] } },
  });
  const client = await allowing.inside();
  client.send(post(TOKEN));
  assert.equal(statusOf(await client.until("\r\n\r\n")), 200);
  assert.deepEqual(findingsOf(allowing), []);
  assert.equal(origin.seen[0]?.body.toString(), TOKEN);
  await refused(allowing, post(githubToken("bZ3bY7cX9e")));

  const ignoring = await openGateway(t, {
    origin: await openOrigin(),
    policy: { leaks: { ...DEFAULT_LEAKS, ignore: ["github-personal-token"] } },
  });
  const other = await ignoring.inside();
  other.send(post(TOKEN));
  assert.equal(statusOf(await other.until("\r\n\r\n")), 200);
});

test("row 119: the operator is told of a format to ignore that there is not", async (t) => {
  const ignore = ["github-personal-token", "gihub-token"];
  const fixture = await openGateway(t, { policy: { leaks: { ...DEFAULT_LEAKS, ignore } } });
  assert.deepEqual(fixture.alerts, ["leak-format-unknown: egress.leaks.ignore names no token format: gihub-token"]);
});

test("row 119: the operator is told once of each token, however often it comes", async (t) => {
  for (const action of ["block", "warn"] as const satisfies readonly LeakAction[]) {
    const fixture = await openGateway(t, {
      origin: await openOrigin(),
      rules: [{ leaks: { action, opaque: null } }],
    });
    for (const body of [TOKEN, `again ${TOKEN}`, githubToken("cZ3bY7cX9f"), TOKEN]) {
      const client = await fixture.inside();
      client.send(post(body));
      await client.until("\r\n\r\n");
    }
    assert.equal(fixture.alerts.length, 2, fixture.alerts.join("\n"));
    assert.ok(fixture.alerts.every((line) => line.includes(TITLE) && !line.includes(TOKEN)));
  }
});

test("rows 105, 119: a canary behind a token is told, and every token of a small body is", async (t) => {
  const bait = "AKIAQ5T7XNBZ2LKJ4WVC";
  const fixture = await openGateway(t, { policy: { canaries: [{ name: "aws-credentials", values: [bait] }] } });
  await refused(fixture, post(`${TOKEN} and ${githubToken("dZ3bY7cX9g")}`));
  await assertDenied(fixture, "token-in-request");
  assert.equal(new Set(findingsOf(fixture).map(({ fingerprint }) => fingerprint)).size, 2);
  await refused(fixture, post(`${TOKEN} and ${bait}`));
  await assertDenied(fixture, "canary-in-request");
  assert.equal(fixture.audit.decisions().at(-1)?.alert, true);
});

test("row 119: where nobody can be asked, ask blocks", async (t) => {
  const fixture = await openGateway(t, { rules: [{ leaks: { action: "ask", opaque: null } }] });
  await refused(fixture, post(TOKEN));
  await assertDenied(fixture, "token-in-request");
});

test("rows 92, 119: a placeholder has the shape of a token and is none", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end("done") });
  const fixture = await openGateway(t, {
    origin,
    credentials: [credential({ placeholder: TOKEN })],
    values: { api: SECRET },
  });
  const client = await fixture.inside();
  client.send(post(JSON.stringify({ env: `API_TOKEN=${TOKEN}` }), `Authorization: Bearer ${TOKEN}\r\n`));
  assert.equal(statusOf(await client.until("done")), 200);
  assert.deepEqual(findingsOf(fixture), []);
});

test("row 99: at a host with a credential, a token of the client's in a login field is dropped and anywhere else blocked", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end("done") });
  const fixture = await openGateway(t, { origin, credentials: [credential()], values: { api: SECRET } });
  const client = await fixture.inside();
  client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  assert.equal(statusOf(await client.until("done")), 200);
  assert.ok(!origin.seen[0]?.rawHeaders.join().includes(TOKEN));
  await refused(fixture, `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Other: ${TOKEN}\r\n\r\n`);
  assert.equal(origin.seen.length, 1);
});

test("row 109: a token split over parameters of the query is found", async (t) => {
  const fixture = await openGateway(t);
  await refused(fixture, `GET /x?a=${TOKEN.slice(0, 15)}&b=${TOKEN.slice(15)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await assertDenied(fixture, "token-in-request");
});

test("rows 100, 105: a token in a request that is refused for another reason is not in the log", async (t) => {
  const fixture = await openGateway(t, { rules: [{ paths: ["/only"] }] });
  await refused(fixture, `GET /x/${TOKEN}?q=${TOKEN} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await assertDenied(fixture, "path-not-listed");
  assert.match(fixture.audit.decisions().at(-1)?.target ?? "", /\[github-personal-token\]/);
  assert.ok(!fixture.audit.text().includes(TOKEN));
});

test("row 137: a body rule judges what is sent: a masked body is still the strict JSON that it was", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end("done") });
  const fixture = await openGateway(t, {
    origin,
    rules: [
      {
        paths: ["/v1/messages"],
        body: { shape: "anthropic-messages", allowProviderTools: [] },
        leaks: { action: "redact", opaque: null },
      },
    ],
  });
  const client = await fixture.inside();
  const message = { model: "m", max_tokens: 1, messages: [{ role: "user", content: `see ${TOKEN}, "quoted"\n` }] };
  const body = JSON.stringify(message);
  client.send(
    `POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  assert.equal(statusOf(await client.until("done")), 200);
  const sent = JSON.parse(origin.seen[0]?.body.toString() ?? "");
  assert.equal(sent.messages[0].content, `see ${"*".repeat(TOKEN.length)}, "quoted"\n`);
  const [decision] = fixture.audit.decisions();
  assert.deepEqual(
    decision?.findings?.map(({ action, where }) => [action, where]),
    [["masked", "body"]],
  );
});

const COMPRESSED: Readonly<Record<string, (text: string) => Buffer>> = {
  gzip: (text) => gzipSync(text),
  "x-gzip": (text) => gzipSync(text),
  deflate: (text) => deflateSync(text),
  br: (text) => brotliCompressSync(text),
  zstd: (text) => zstdCompressSync(text),
};

for (const [encoding, compress] of Object.entries(COMPRESSED)) {
  test(`row 107: what a body encoded as ${encoding} holds is searched, and it leaves as it came`, async (t) => {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ leaks: { action: "redact", opaque: null } }] });
    const sent = (body: Buffer, chunked: boolean) => {
      const length = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
      const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Encoding: ${encoding}\r\n${length}\r\n\r\n`;
      const pieces = chunked ? [...body].flatMap((byte) => ["1\r\n", Buffer.from([byte]), "\r\n"]) : [body];
      const parts = [head, ...pieces, ...(chunked ? ["0\r\n\r\n"] : [])];
      return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
    };
    for (const chunked of [false, true]) {
      const clean = compress(JSON.stringify({ text: "nothing ".repeat(2000) }));
      const before = origin.seen.length;
      const client = await fixture.inside();
      client.send(sent(clean, chunked));
      assert.equal(statusOf(await client.until("\r\n\r\n")), 200);
      assert.deepEqual(origin.seen[before]?.body, clean);
      client.end();

      const leaky = compress(JSON.stringify({ text: `${"nothing ".repeat(20)}${TOKEN}` }));
      const other = await fixture.inside();
      other.send(sent(leaky, chunked));
      assert.match(await other.until(/bot_bottle_refused[\s\S]*\}\n/), /token-in-request/);
      other.end();
      const denied = fixture.audit.decisions().findLast(({ verdict }) => verdict === "deny");
      // Its bytes cannot be masked one by one.
      assert.deepEqual(
        denied?.findings?.map(({ action, through }) => [action, through.length]),
        [["blocked", 1]],
      );
      assert.equal(origin.seen.length, before + 1);
    }
  });
}

test("rows 107, 124: an encoded body that is cut off, goes on behind its end or grows without end is refused", async (t) => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
  for (const body of [
    gzipSync("some text").subarray(0, -6),
    Buffer.concat([gzipSync("some text"), Buffer.from("and more")]),
    Buffer.from("no gzip at all"),
    bomb,
  ]) {
    const fixture = await openGateway(t);
    const client = await fixture.inside();
    const head = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.send(Buffer.concat([Buffer.from(head), body]));
    assert.match(await client.until(/bot_bottle_refused[\s\S]*\}\n/), /body-unreadable/);
    await assertDenied(fixture, "body-unreadable");
  }
});

test("rows 100, 105: the name of a field that is a token is told in no letters to operator and log", async (t) => {
  for (const action of ["block", "warn"] as const) {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ leaks: { action, opaque: null } }] });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n${TOKEN}: a ${githubToken("b8Xw2Vu6Ts")}\r\n\r\n`);
    await client.until(/"url":|bot_bottle_refused[\s\S]*\}\n/);
    await eventually(() => fixture.alerts.length > 0 && fixture.audit.text().includes("header (its name)"));
    const told = `${fixture.audit.text()} ${fixture.alerts.join(" ")}`.toLowerCase();
    assert.ok(!told.includes(TOKEN.toLowerCase()), told);
  }
});

test("rows 100, 109: a token that was cut over parameters stands in the log in no pieces", async (t) => {
  const origin = await openOrigin();
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`GET /x?a=${TOKEN.slice(0, 20)}&b=${TOKEN.slice(20)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until(/bot_bottle_refused[\s\S]*\}\n/);
  await assertDenied(fixture, "token-in-request");
  assert.equal(fixture.audit.decisions()[0]?.target, "/x?[secret in pieces]");
  for (const piece of [TOKEN.slice(0, 20), TOKEN.slice(20)]) assert.ok(!fixture.audit.text().includes(piece));
  client.send(`GET /x?a=${TOKEN}&b=2 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await client.until(/bot_bottle_refused[\s\S]*\}\n/);
  await eventually(() => fixture.audit.decisions().length === 2);
  assert.equal(fixture.audit.decisions()[1]?.target, "/x?a=[github-personal-token]&b=2");
});

test("rows 105, 119: level strict refuses irregular values that are called a token, which the default lets pass", async (t) => {
  const body = JSON.stringify({ api_key: "f3Zk90QpLm28Xc7Vb1NwY5" });
  const request = `POST /x HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const terms = { action: "block", opaque: "allow", allow: [], ignore: [] } as const;
  for (const level of ["default", "strict"] as const) {
    const origin = await openOrigin({ respond: (_, response) => response.end("done") });
    const more = { credentials: [credential()], values: { api: SECRET } };
    const fixture = await openGateway(t, { origin, ...more, policy: { leaks: { ...terms, level } } });
    const client = await fixture.inside();
    client.send(request);
    const answer = await client.until(/done|refused[\s\S]*\}/);
    assert.equal(statusOf(answer), level === "strict" ? 403 : 200);
    if (level === "strict") await assertDenied(fixture, "token-in-request");
    // The placeholder in the agent's own login field is no secret at any level.
    const { placeholder } = credential();
    const again = await fixture.inside();
    again.send(`GET /x HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: Bearer ${placeholder}\r\n\r\n`);
    assert.equal(statusOf(await again.until(/done|refused[\s\S]*\}/)), 200);
  }
});
