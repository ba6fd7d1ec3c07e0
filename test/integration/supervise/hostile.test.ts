import assert from "node:assert/strict";
import { type ClientRequest, request as httpRequest } from "node:http";
import { test } from "node:test";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import { readItems } from "../../../src/state/proposals.ts";
import { eventually } from "../../support/operator.ts";
import { openSuperviseWorld } from "../../support/supervise/world.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
}

const FIELDS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** One request as it is, without a client that would mend it. */
function send(
  url: string,
  body: string | Buffer,
  { method = "POST", path = "/mcp", headers = {} }: { method?: string; path?: string; headers?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, method, path, agent: false, headers: { ...FIELDS, ...headers } });
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** A request whose client will leave before the answer. */
function leaving(url: string, body: string): ClientRequest {
  const { hostname, port } = new URL(url);
  const request = httpRequest({ hostname, port, method: "POST", path: "/mcp", agent: false, headers: FIELDS });
  request.on("error", () => undefined);
  request.end(body);
  return request;
}

const message = (method: string, params: object) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const call = (name: string, args: object) => message("tools/call", { name, arguments: args });

test("bytes that are no message are refused, whatever they are, and nothing is asked", async (t) => {
  const { url, proposals } = await openSuperviseWorld(t);
  const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
  for (const [body, status] of [
    ["", 400],
    ["nonsense", 400],
    ["[]", 400],
    ["null", 400],
    [`[${message("tools/list", {})}]`, 400],
    [`{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}`, 400],
    [`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"a":${deep}}}`, 400],
    [`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"x"}}}`, 400],
    [`{"jsonrpc":"2.0","id":{},"method":"tools/list"}`, 400],
    [`{"jsonrpc":"2.0","id":1,"result":{}}`, 400],
    [Buffer.from([0xff, 0xfe, 0x7b, 0x7d]), 400],
    [call("request_review", { question: "x".repeat(70_000) }), 413],
  ] as const) {
    const answer = await send(url, body);
    assert.equal(answer.status, status, String(body).slice(0, 80));
    assert.match(answer.text, /"error"/);
  }
  assert.deepEqual(await readItems(proposals), []);
});

test("only POST at /mcp itself is served, only for this bottle's own listener, and for no page of elsewhere", async (t) => {
  const { url } = await openSuperviseWorld(t);
  const list = message("tools/list", {});
  for (const method of ["GET", "DELETE", "PUT", "OPTIONS"]) {
    assert.equal((await send(url, "", { method })).status, 405, method);
  }
  for (const path of ["/mcp/", "/mcp/x", "/mcp?a", "/mcp/../mcp", "/mcpx", "/MCP"]) {
    assert.equal((await send(url, list, { path })).status, 404, path);
  }
  for (const host of ["evil.example.test", "127.0.0.1.evil.test", "127.0.0.2:80", "[::1]"]) {
    assert.equal((await send(url, list, { headers: { host } })).status, 403, host);
  }
  for (const origin of ["https://evil.example.test", "null", "http://evil.test:9099", "https://127.0.0.1:9099"]) {
    assert.equal((await send(url, list, { headers: { origin } })).status, 403, origin);
  }
  assert.equal((await send(url, list, { headers: { "content-type": "text/plain" } })).status, 415);
  assert.equal((await send(url, list, { headers: { "content-encoding": "gzip" } })).status, 415);
  assert.equal((await send(url, list, { headers: { origin: "http://127.0.0.1:9099" } })).status, 200);
});

test("arguments of the wrong type, size or name are errors of the tool, in words, and nobody is asked", async (t) => {
  const world = await openSuperviseWorld(t);
  for (const [name, args] of [
    ["request_access", {}],
    ["request_access", { url: "https://a.test/" }],
    ["request_access", { url: 7, why: "x" }],
    ["request_access", { url: "ftp://a.test/", why: "x" }],
    ["request_access", { url: "https://a.test/\u0000", why: "x" }],
    ["request_access", { url: "https://user:pass@a.test/", why: "x" }],
    ["request_access", { url: "https://a.test/#f", why: "x" }],
    ["request_access", { url: "https://a.test/é", why: "x" }],
    ["request_access", { url: `https://a.test/${"a".repeat(4000)}`, why: "x" }],
    ["request_access", { url: "https://a.test/", host: "b.test", why: "x" }],
    ["request_access", { url: "https://a.test/", method: "CONNECT", why: "x" }],
    ["request_access", { host: "a.test/../b", why: "x" }],
    ["request_access", { host: "a.test", port: 0, why: "x" }],
    ["request_access", { host: "a.test", path: "no-slash", why: "x" }],
    ["request_access", { url: "https://a.test/", why: "x", scope: "bottle" }],
    ["request_access", { url: "https://a.test/", why: "x".repeat(2001) }],
    ["request_capability", { what: "x" }],
    ["request_review", { question: "   " }],
    ["wait_decision", { id: "../../x" }],
    ["wait_decision", { id: "00000000-s1" }],
    ["report_status", { state: "toString" }],
    ["list_access", { all: true }],
  ] as const) {
    const said = await world.call(name, args);
    assert.equal(said.failed, true, `${name} ${JSON.stringify(args).slice(0, 80)}`);
    assert.equal(typeof said.value.error, "string");
    world.clock.advance(60_000);
  }
  await assert.rejects(world.call("toString"));
  assert.deepEqual(await readItems(world.proposals), []);
  assert.deepEqual(
    world.audit.events.filter(({ type }) => type === "supervise"),
    [],
  );
});

test("row 132: control characters and secrets of the agent's words are shown to nobody as they are", async (t) => {
  const secret = "a-value-of-the-operator-0123";
  const world = await openSuperviseWorld(t, { secret });
  const why = `\u001b]0;owned\u0007 \u202eevil ${secret} \u200b`;
  await world.call("request_access", { url: "https://a.example.test/", why });
  await world.call("request_review", { question: why });
  const items = await readItems(world.proposals);
  assert.equal(items.length, 2);
  for (const item of items) {
    const words = "kind" in item ? item.words : ((item as Proposal).asked?.words ?? "");
    assert.doesNotMatch(words, /[\u0000-\u001f\u200b\u202e]/);
    assert.ok(!words.includes(secret) && words.includes("[of-the-operator]"));
  }
  assert.ok(!world.audit.text().includes(secret));
  assert.ok(!world.said.join("\n").includes("\u001b"));
  const inUrl = await world.call("request_access", { url: `https://a.example.test/${secret}`, why: "x" });
  assert.ok(inUrl.failed, "what must not be shown is not asked about");
});

test("row 132: a question is pending only where it can be shown, however its words are escaped", async (t) => {
  const { call, proposals } = await openSuperviseWorld(t);
  const { failed, value } = await call("request_review", { question: `hidden ${"\u200b".repeat(7900)}` });
  assert.equal(failed, true);
  assert.match(String(value.error), /too long/);
  for (const character of ["\u4e00", '"', "\\", "x"]) {
    assert.equal((await call("request_review", { question: character.repeat(8000) })).failed, false, character);
  }
  assert.equal((await readItems(proposals)).length, 4);
});

test("row 132: a flood is answered with an error: ten asks a minute, twenty that wait", async (t) => {
  const world = await openSuperviseWorld(t);
  const ask = (path: number) => world.call("request_access", { url: `https://a.example.test/${path}`, why: "x" });
  const first = [];
  for (let path = 0; path < 15; path += 1) first.push(await ask(path));
  assert.equal(first.filter(({ failed }) => !failed).length, 10);
  assert.match(String(first.at(-1)?.value.error), /at most 10 requests to the operator a minute: try again in 60 s/);
  world.clock.advance(60_000);
  for (let path = 10; path < 20; path += 1) assert.equal((await ask(path)).failed, false);
  world.clock.advance(60_000);
  assert.match(String((await ask(20)).value.error), /too many of your questions wait/);
  assert.equal((await ask(3)).value.asked, 2, "a repeat of one that waits is no new one");
  assert.equal((await readItems(world.proposals)).length, 20);
});

test("what cannot be written down is not asked, and the next one is", async (t) => {
  const world = await openSuperviseWorld(t);
  world.audit.failing = true;
  await assert.rejects(world.call("request_access", { url: "https://a.example.test/", why: "x" }));
  assert.deepEqual(await readItems(world.proposals), []);
  world.audit.failing = false;
  assert.equal(
    (await world.call("request_access", { url: "https://a.example.test/", why: "x" })).value.status,
    "pending",
  );
});

test("a client that leaves frees its place: many waits that are given up keep nobody out", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = String((await world.call("request_review", { question: "may I?" })).value.id);
  for (let round = 0; round < 3; round += 1) {
    const clients = Array.from({ length: 16 }, () => leaving(world.url, call("wait_decision", { id })));
    await eventually("all of them wait", () => world.clock.waiting === 17);
    for (const client of clients) client.destroy();
    await eventually("none of them waits", () => world.clock.waiting === 1);
  }
  const claim = world.supervise.questions.claim(id);
  assert.ok(claim.ok);
  claim.settle("yes", null);
  assert.equal((await world.call("wait_decision", { id })).value.status, "approved");
});
