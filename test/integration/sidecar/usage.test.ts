import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentWord } from "../../../src/core/model/activity.ts";
import { hookDoor } from "../../../src/session/agent-hooks.ts";
import { eventually, HOST } from "../../support/gateway/fixture.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { openSidecar } from "../../support/sidecar/world.ts";
import { USAGE_ANSWERS } from "../../support/usage-answers.ts";

const streamed = USAGE_ANSWERS.find(({ title }) => title === "Messages, streamed") ?? assert.fail();

function ask(client: RawClient): Promise<string> {
  client.send(`POST /v1/messages HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`);
  return client.closed();
}

test("through a sidecar answers are counted, and requests held and let go as in the host process", async (t) => {
  const world = await openSidecar(t, {
    models: "open",
    respond: (_, response) => {
      response.writeHead(200, { "content-type": streamed.type });
      response.end(streamed.body);
    },
  });
  assert.equal(statusOf(await ask(await world.inside())), 200);
  await eventually(() => world.audit().some(({ type }) => type === "usage"));
  const [usage] = world.audit().flatMap((event) => (event.type === "usage" ? [event] : []));
  assert.deepEqual([usage?.model, usage?.tokens, usage?.complete], Object.values(streamed.usage));
  assert.ok(usage !== undefined && !("costMicros" in usage), "what it costs is not a sidecar's to say");

  await world.services.apply({ ...world.policy, version: 2, models: "held" }, "test");
  const held = ask(await world.inside());
  const other = await world.inside();
  other.send(`GET /else HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  assert.equal(statusOf(await other.closed()), 200);
  assert.equal(world.origin.seen.length, 2);
  await world.services.apply({ ...world.policy, version: 3, models: "open" }, "test");
  assert.equal(statusOf(await held), 200);
  await world.services.apply({ ...world.policy, version: 4, models: "closed" }, "test");
  assert.match(await ask(await world.inside()), /^HTTP\/1\.1 403 [\s\S]*budget-used/);
});

test("the hooks of an agent behind a sidecar reach the host process", async (t) => {
  const words: AgentWord[] = [];
  const handler = hookDoor({ onWord: (_, word) => void words.push(word) });
  const world = await openSidecar(t, { handlers: { hook: handler } });
  const event = JSON.stringify({
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: { a: "x".repeat(90_000) },
  });
  const client = await world.raw();
  client.send(
    `POST /hook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${event.length}\r\n\r\n${event}`,
  );
  assert.match(await client.closed(), /^HTTP\/1\.1 200 [\s\S]*\{\}/);
  assert.deepEqual(
    words.map(({ state, what }) => [state, what]),
    [["working", "runs Bash"]],
  );
});
