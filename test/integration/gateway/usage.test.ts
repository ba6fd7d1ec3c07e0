import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import { credential, eventually, type Fixture, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { USAGE_ANSWERS } from "../../support/usage-answers.ts";

const usageEvents = (fixture: Fixture) =>
  fixture.audit.events.flatMap((event: AuditEvent) => (event.type === "usage" ? [event] : []));

async function ask(fixture: Fixture, path: string, body = "{}"): Promise<string> {
  const client = await fixture.inside();
  client.send(
    `POST ${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return client.closed();
}

/** The body of a response, without the lines between its chunks. */
function unchunked(text: string): string {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (;;) {
    const size = Number.parseInt(rest, 16);
    if (!(size > 0)) return body;
    const from = rest.indexOf("\r\n") + 2;
    body += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
  }
}

const reasonOf = (text: string) => /x-bot-bottle-reason: (\S+)/i.exec(text)?.[1];

for (const credentials of [false, true]) {
  test(`answers of models are counted and pass unchanged, ${credentials ? "with" : "without"} a credential`, async (t) => {
    let answer = USAGE_ANSWERS[0];
    const asked: (string | undefined)[] = [];
    const origin = await openOrigin({
      respond: (request, response) => {
        asked.push(String(request.headers["accept-encoding"]));
        response.writeHead(200, { "content-type": answer?.type });
        // In pieces, so that nothing depends on one read.
        const bytes = Buffer.from(answer?.body ?? "");
        for (let at = 0; at < bytes.length; at += 37) response.write(bytes.subarray(at, at + 37));
        response.end();
      },
    });
    const more = credentials ? { credentials: [credential()], values: { api: SECRET } } : {};
    const fixture = await openGateway(t, { origin, ...more });
    for (const [index, one] of USAGE_ANSWERS.entries()) {
      answer = one;
      const text = await ask(fixture, one.path);
      assert.equal(statusOf(text), 200);
      assert.equal(unchunked(text), Buffer.from(one.body).toString("latin1"));
      await eventually(() => usageEvents(fixture).length === index + 1);
      const { id, ...event } = usageEvents(fixture).at(-1) ?? assert.fail();
      assert.deepEqual(event, { type: "usage", ...one.usage }, one.title);
      const around = fixture.audit.events.filter((it) => "id" in it && it.id === id).map(({ type }) => type);
      assert.deepEqual(around, ["decision", "usage", "result"]);
    }
    assert.ok(
      asked.every((it) => it === "identity"),
      String(asked),
    );
  });
}

test("an encoded answer, a WebSocket's, is unknown; a refusal and a count of tokens are nothing", async (t) => {
  const origin = await openOrigin({
    respond: (request, response) => {
      if (request.url === "/v1/messages/count_tokens") return response.end('{"input_tokens":5}');
      if (request.url === "/refused/v1/messages") {
        response.writeHead(529, { "content-type": "application/json" });
        return response.end('{"type":"error","usage":{"input_tokens":5,"output_tokens":5}}');
      }
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      return response.end(gzipSync(USAGE_ANSWERS[0]?.body ?? ""));
    },
  });
  const fixture = await openGateway(t, { origin });
  await ask(fixture, "/v1/messages/count_tokens");
  await ask(fixture, "/refused/v1/messages");
  await ask(fixture, "/v1/messages");
  await eventually(() => fixture.audit.events.filter(({ type }) => type === "result").length === 3);
  assert.deepEqual(
    usageEvents(fixture).map(({ tokens, complete }) => [tokens, complete]),
    [[null, false]],
  );
});

test("a client that leaves in the middle of an answer is counted as far as it was told", async (t) => {
  const streamed = USAGE_ANSWERS.find(({ title }) => title.endsWith("cut off")) ?? assert.fail();
  const origin = await openOrigin({
    respond: (_, response) => {
      response.writeHead(200, { "content-type": streamed.type });
      response.write(streamed.body);
    },
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 2\r\n\r\n{}`);
  await client.until("content_block_delta");
  client.socket.destroy();
  await eventually(() => usageEvents(fixture).length === 1);
  const { tokens, complete } = usageEvents(fixture)[0] ?? assert.fail();
  assert.deepEqual([tokens, complete], [streamed.usage.tokens, false]);
});

async function held(t: TestContext, models: Policy["models"], limits = {}) {
  let asked = 0;
  const origin = await openOrigin({
    respond: (_, response) => {
      asked += 1;
      response.end("yes");
    },
  });
  const fixture = await openGateway(t, { origin, ...(models !== undefined && { policy: { models } }), limits });
  const put = (next: Policy["models"]) =>
    fixture.gateway.apply(
      {
        ...fixture.policy,
        version: fixture.gateway.stats().policyVersion + 1,
        ...(next === undefined ? {} : { models: next }),
      },
      "test",
    );
  return { fixture, put, asked: () => asked };
}

test("held requests to models go on when a newer policy opens them; everything else passes meanwhile", async (t) => {
  const { fixture, put, asked } = await held(t, "held");
  const client = await fixture.inside();
  client.send(`POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`);
  assert.equal(statusOf(await ask(fixture, "/v1/messages/count_tokens")), 200);
  assert.equal(asked(), 1);
  await put("held");
  assert.equal(asked(), 1);
  await put("open");
  assert.equal(statusOf(await client.closed()), 200);
  assert.equal(asked(), 2);
});

test("a no refuses those that wait and those that come, in words that an agent understands", async (t) => {
  const { fixture, put, asked } = await held(t, "held");
  const client = await fixture.inside();
  client.send(`POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`);
  assert.equal(statusOf(await ask(fixture, "/other")), 200);
  await put("closed");
  for (const text of [await client.closed(), await ask(fixture, "/v1/messages")]) {
    assert.equal(statusOf(text), 403);
    assert.equal(reasonOf(text), "budget-used");
    assert.match(text, /budget of this bottle is used up/);
  }
  assert.equal(asked(), 1);
});

test("what waits for too long, or is one too many, is told to come again", async (t) => {
  const { fixture, asked } = await held(t, "held", { modelHoldMs: 50, askedRequests: 1 });
  const answers = await Promise.all([ask(fixture, "/v1/messages"), ask(fixture, "/v1/messages")]);
  for (const text of answers) {
    assert.equal(statusOf(text), 429);
    assert.equal(reasonOf(text), "budget-held");
    assert.match(text, /\r\nretry-after: \d+\r\n/i);
  }
  assert.equal(asked(), 0);
});

test("a request in flight ends as it began, whatever the budget says by then", async (t) => {
  let finish = () => {};
  const origin = await openOrigin({
    respond: (_, response) => {
      response.write("first ");
      finish = () => response.end("last");
    },
  });
  const fixture = await openGateway(t, { origin });
  const client = await fixture.inside();
  client.send(`POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`);
  await client.until("first ");
  await fixture.gateway.apply({ ...fixture.policy, version: 2, models: "closed" }, "test");
  finish();
  assert.match(await client.closed(), /last/);
});

test("a bottle with a budget has no WebSocket to a model, whose use nobody would count", async (t) => {
  const origin = await openOrigin({ respond: (_, response) => response.end() });
  const fixture = await openGateway(t, { origin, rules: [{ websocket: true }], policy: { models: "open" } });
  const client = await fixture.inside();
  client.send(
    `GET /v1/responses HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  assert.equal(statusOf(await client.until("\r\n\r\n")), 426);
});
