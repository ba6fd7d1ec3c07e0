import assert from "node:assert/strict";
import test from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { frame, readFrames } from "../../support/core/frames.ts";
import { eventually, openGateway } from "../../support/gateway/fixture.ts";
import { handshake, openWebSocketOrigin } from "../../support/gateway/websocket-origin.ts";
import { githubToken } from "../../support/leaks/github-token.ts";

const TOKEN = githubToken();
const OWN = "Kq7-very.private-value-of-the-operator";
const BAIT = "Wn5-bait.that-no-format-describes";

const CASES = [
  ["pattern", "block", "blocked", "token-in-request", "token-in-request: GitHub personal access token"],
  ["pattern", "ask", "blocked", "token-in-request", "token-in-request: GitHub personal access token"],
  ["pattern", "warn", "warned", null, null],
  ["pattern", "redact", "masked", null, null],
  ["known", "block", "blocked", "secret-in-request", "secret-in-request"],
  ["known", "warn", "blocked", "secret-in-request", "secret-in-request"],
  ["known", "redact", "masked", null, null],
  ["canary", "block", "blocked", "canary-in-request", "secret-in-request"],
  ["canary", "warn", "blocked", "canary-in-request", "secret-in-request"],
  // A bait that names itself to the client is none.
  ["canary", "redact", "blocked", "canary-in-request", "secret-in-request"],
] as const;

for (const [kind, action, done, reason, told] of CASES) {
  for (const [how, encode] of [
    ["as it is", (text: string) => text],
    ["in base64", (text: string) => Buffer.from(`user:${text}`).toString("base64")],
  ] as const) {
    test(`rows 56, 106, 117: a ${kind} value ${how} in fragments of a message is ${done} where the rule says ${action}`, async (t) => {
      const value = { pattern: TOKEN, known: OWN, canary: BAIT }[kind];
      const text = encode(value);
      const origin = await openWebSocketOrigin();
      const fixture = await openGateway(t, {
        origin,
        rules: [{ websocket: true, leaks: { action, opaque: null } }],
        known: [new Secret("DB_PASSWORD", OWN)],
        policy: { canaries: [{ name: "aws-credentials", values: [BAIT] }] },
      });
      const client = await fixture.inside();
      client.send(handshake());
      await client.until("\r\n\r\n");
      client.clear();
      client.send(frame({ fin: false, payload: `before ${text.slice(0, 7)}` }));
      client.send(frame({ opcode: 9, payload: "p" }));
      client.send(frame({ opcode: 0, payload: `${text.slice(7)} END` }));
      if (reason === null) {
        await client.until("END");
        client.socket.end();
      } else await client.closed();
      await eventually(() => fixture.audit.results().length === 1);
      const sent = origin
        .frames()
        .filter(({ opcode }) => opcode <= 1)
        .map(({ payload }) => payload.toString("latin1"))
        .join("");
      const denied = fixture.audit.decisions().find(({ verdict }) => verdict === "deny");
      const [result] = fixture.audit.results();
      const [finding] = result?.findings ?? [];
      assert.deepEqual([finding?.kind, finding?.where, finding?.action], [kind, "message", done]);
      if (reason === null) {
        assert.equal(denied, undefined);
        assert.equal(result?.error, null);
        assert.equal(sent.length, `before ${text} END`.length);
        assert.equal(sent === `before ${text} END`, action === "warn");
        if (action === "redact") assert.match(sent, /^before [A-Za-z0-9+/*]+=* END$/);
      } else {
        assert.ok("before ".startsWith(sent), sent);
        assert.equal(denied?.reason, reason);
        assert.equal(denied?.alert, true);
        assert.ok(denied?.findings?.every(({ where }) => where === "message"));
        const close = readFrames(Buffer.from(client.received(), "latin1")).find(({ opcode }) => opcode === 8);
        assert.equal(close?.payload.readUInt16BE(0), 1008);
        assert.ok(close?.payload.toString().includes(`reason ${told})`), close?.payload.toString());
      }
      assert.equal(fixture.alerts.length, 1);
      for (const words of [fixture.audit.text(), JSON.stringify(fixture.alerts), client.received()]) {
        if (action !== "warn" || kind !== "pattern") assert.ok(!words.includes(value));
      }
    });
  }
}

test("row 119: a sample key that the operator allows, or a format that is ignored, passes in messages too", async (t) => {
  for (const leaks of [{ ignore: ["github-personal-token"] }, {}]) {
    const origin = await openWebSocketOrigin();
    const fixture = await openGateway(t, {
      origin,
      rules: [{ websocket: true }],
      policy: { leaks: { action: "block", opaque: "allow", allow: [], ignore: [], ...leaks } },
    });
    const client = await fixture.inside();
    client.send(handshake());
    await client.until("\r\n\r\n");
    client.send(frame({ payload: `${TOKEN}.` }));
    if ("ignore" in leaks) {
      await client.until(TOKEN);
      assert.deepEqual(origin.messages()[0]?.text, `${TOKEN}.`);
    } else await client.closed();
    assert.equal(
      origin.messages().some(({ text }) => text.includes(TOKEN)),
      "ignore" in leaks,
    );
  }
});
