import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { LeakTerms } from "../../../src/core/model/policy.ts";
import { frame } from "../../support/core/frames.ts";
import { eventually, type Fixture, HOST, openGateway } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { handshake, openWebSocketOrigin } from "../../support/gateway/websocket-origin.ts";

const WARN: LeakTerms = { action: "warn", opaque: "allow", allow: [], ignore: [] };
const CHUNK = `400\r\n${"a".repeat(1024)}\r\n`;
const HEAD = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;

const change = ({ gateway, policy }: Fixture, leaks: LeakTerms) =>
  gateway.apply({ ...policy, version: 2, leaks }, "test");

for (const [what, leaks, stays] of [
  ["stop more", { ...WARN, action: "block" }, false],
  ["look for more", { ...WARN, level: "strict" }, false],
  ["let no archives leave", { ...WARN, opaque: "deny" }, false],
  ["stop no more than before", { ...WARN, ignore: ["jwt"] }, true],
] as const) {
  test(`row 135: a body on its way is ${stays ? "left alone" : "cut"} when new terms ${what}`, async (t) => {
    const origin = await openOrigin({ respond: (_, response) => response.end("done") });
    const fixture = await openGateway(t, { origin, policy: { leaks: WARN } });
    const client = await fixture.inside();
    client.send(`${HEAD}${CHUNK}`);
    await eventually(() => fixture.dials.length === 1 && fixture.gateway.stats().exchanges === 1);
    await change(fixture, leaks);
    client.send(`${CHUNK}0\r\n\r\n`);
    if (stays) {
      await client.until("done");
      assert.equal(origin.seen[0]?.body.length, 2048);
    } else {
      await eventually(() => fixture.audit.results().length === 1);
      assert.match(fixture.audit.results()[0]?.error ?? "", /the policy changed/);
      assert.equal(origin.seen.length, 0);
    }
  });
}

test("row 135: an answer to a body that was searched to its end goes on under stricter terms", async (t) => {
  let answer: ServerResponse | null = null;
  const origin = await openOrigin({
    respond: (_, response) => {
      answer = response;
      response.write("first ");
    },
  });
  const fixture = await openGateway(t, { origin, policy: { leaks: WARN } });
  const client = await fixture.inside();
  client.send(`${HEAD}${CHUNK}0\r\n\r\n`);
  await client.until("first");
  await change(fixture, { ...WARN, action: "block" });
  (answer as ServerResponse | null)?.end("last");
  await client.until("last");
});

test("row 135: an open WebSocket is cut when new terms stop more, and left alone when they do not", async (t) => {
  for (const [leaks, stays] of [
    [{ ...WARN, action: "block" }, false],
    [{ ...WARN, ignore: ["jwt"] }, true],
  ] as const) {
    const origin = await openWebSocketOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ websocket: true }], policy: { leaks: WARN } });
    const client = await fixture.inside();
    client.send(handshake());
    await client.until("\r\n\r\n");
    await change(fixture, leaks);
    client.send(frame({ payload: "still here" }));
    if (stays) await eventually(() => origin.frames().some(({ payload }) => payload.toString() === "still here"));
    else {
      await client.closed();
      assert.match(fixture.audit.results()[0]?.error ?? "", /cut: policy/);
      assert.equal(origin.frames().length, 0);
    }
  }
});
