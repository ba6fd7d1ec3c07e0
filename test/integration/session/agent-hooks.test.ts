import assert from "node:assert/strict";
import test from "node:test";
import type { AgentWord } from "../../../src/core/model/activity.ts";
import { hookDoor } from "../../../src/session/agent-hooks.ts";
import { eventually, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";

const post = (body: string, path = "/hook", method = "POST") =>
  `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("every event is answered at once with nothing, whatever it says, and no other path or method is a hook", async (t) => {
  const words: AgentWord[] = [];
  const door = hookDoor({ onWord: (_, word) => void words.push(word) });
  const fixture = await openGateway(t, { services: { hook: door } });
  const ask = async (text: string) => {
    const client = await fixture.raw();
    client.send(text);
    return client.closed();
  };
  const events = [
    '{"hook_event_name":"Stop"}',
    '{"hook_event_name":"Nonsense"}',
    "",
    "no JSON \u0000",
    `{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_response":"${"x".repeat(3 << 20)}"}`,
    `{"a":"${"x".repeat(3 << 20)}","hook_event_name":"SessionEnd"}`,
  ];
  for (const body of events) {
    const text = await ask(post(body));
    assert.equal(statusOf(text), 200);
    assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4), "{}");
  }
  assert.deepEqual(
    words.map(({ what }) => what),
    ["its turn is over", "has run Bash"],
  );
  for (const text of [post("{}", "/hook/x"), post("{}", "/hook?x"), post("{}", "/hook", "PUT")]) {
    assert.equal(statusOf(await ask(text)), 404);
  }
  assert.deepEqual(fixture.dials, []);
});

test("a flood of events is answered and mostly not looked at", async (t) => {
  const words: AgentWord[] = [];
  const now = new Date("2026-11-22T10:00:00Z");
  const door = hookDoor({ onWord: (_, word) => void words.push(word) }, () => now);
  const fixture = await openGateway(t, { services: { hook: door } });
  const client = await fixture.raw();
  const one = `POST /hook HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 26\r\n\r\n{"hook_event_name":"Stop"}`;
  for (let count = 0; count < 100; count++) {
    client.clear();
    client.send(one);
    await client.until("{}");
  }
  await eventually(() => words.length > 0);
  assert.equal(words.length, 50);
});
