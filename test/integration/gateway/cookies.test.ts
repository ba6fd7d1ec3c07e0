import assert from "node:assert/strict";
import test from "node:test";
import { credential, eventually, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { handshake, openWebSocketOrigin } from "../../support/gateway/websocket-origin.ts";

const INJECTED = { credentials: [credential()], values: { api: SECRET } };

/** What a rule says, whether a credential is written, and what must happen. */
const CASES = [
  [undefined, true, "drop"],
  [undefined, false, "pass"],
  ["drop", true, "drop"],
  ["drop", false, "drop"],
  ["pass", true, "pass"],
  ["pass", false, "pass"],
] as const;

for (const [cookies, injected, wanted] of CASES) {
  const says = `a rule that says ${cookies ?? "nothing"}, ${injected ? "with" : "without"} a credential`;
  const rules = [{ websocket: true, ...(cookies === undefined ? {} : { cookies }) }];

  test(`row 98: ${says}: cookies of an answer ${wanted}`, async (t) => {
    const origin = await openOrigin({
      respond: (_, response) => {
        response.setHeader("Set-Cookie", ["sid=new-session-1; Path=/", "b=new-session-2"]);
        response.setHeader("SET-cookie2", "c=new-session-3");
        response.setHeader("X-Bot-Bottle-Dropped", "forged");
        response.end("body");
      },
    });
    const fixture = await openGateway(t, { origin, rules, ...(injected ? INJECTED : {}) });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const answer = await client.until("body");
    assert.equal(statusOf(answer), 200);
    assert.equal(answer.match(/new-session/g)?.length ?? 0, wanted === "pass" ? 3 : 0);
    assert.equal(answer.match(/X-Bot-Bottle-Dropped: Set-Cookie\r\n/g)?.length ?? 0, wanted === "pass" ? 0 : 1);
    assert.doesNotMatch(answer, /forged/);
  });

  test(`row 98: ${says}: cookies of a WebSocket's 101 ${wanted}`, async (t) => {
    const origin = await openWebSocketOrigin({ more: "Set-Cookie: sid=new-session\r\n" });
    const fixture = await openGateway(t, { origin, rules, ...(injected ? INJECTED : {}) });
    const client = await fixture.inside();
    client.send(handshake());
    const answer = await client.until("\r\n\r\n");
    assert.equal(statusOf(answer), 101);
    assert.equal(/new-session/.test(answer), wanted === "pass");
  });
}

test("row 98: a token endpoint is refused before anything is sent, and by its very path allowed", async (t) => {
  const ask = `POST /oauth/token HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 4\r\n\r\na=bc`;
  for (const [paths, allowed] of [
    [null, false],
    [["/oauth/*"], false],
    [["/oauth/token"], true],
  ] as const) {
    const origin = await openOrigin();
    const fixture = await openGateway(t, { origin, rules: [{ paths }], ...INJECTED });
    const client = await fixture.inside();
    client.send(ask);
    const answer = await client.until("}");
    assert.equal(statusOf(answer), allowed ? 200 : 403);
    assert.equal(origin.seen.length, allowed ? 1 : 0);
    if (allowed) continue;
    assert.match(answer, /token-minting/);
    assert.doesNotMatch(answer, /oauth/, "what would be allowed is not told");
    await eventually(() => fixture.audit.decisions().length === 1);
    const [decision] = fixture.audit.decisions();
    assert.deepEqual([decision?.verdict, decision?.reason], ["deny", "token-minting"]);
    assert.deepEqual([fixture.lookups, fixture.dials], [[], []]);
  }
});
