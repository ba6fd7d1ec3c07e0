import assert from "node:assert/strict";
import { test } from "node:test";
import { bubblewrapContender } from "../../contract/contenders/bubblewrap.ts";
import { gatewayOnly } from "../../contract/gateway-only.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { openTestBottle } from "../../support/test-bottle.ts";

const ROUNDS = 12;
const AT_ONCE = 4;

/** A terminal that is gone right after its command has begun, or before: the command must hear of it all the same. */
for (const [when, after] of [
  ["as soon as the command has printed", "ready"],
  ["before it has begun", ""],
] as const) {
  test(`a hangup ${when} is not lost`, { skip: skipWithout("bubblewrap", "script", "python3") }, async () => {
    const opened = await openTestBottle(await bubblewrapContender().load(), { services: gatewayOnly });
    try {
      const script = "echo ready; while :; do sleep 0.05; done # the hung up one";
      const framed = () => opened.bottle.frame({ argv: ["/bin/sh", "-c", script] }, { transcript: null });
      for (let round = 0; round < ROUNDS; round++) {
        const all = Array.from({ length: AT_ONCE }, () => onTerminal(framed(), [], { after, by: "kill" }));
        await Promise.all(all);
      }
      // The way in may still be on its way, and begins nothing then.
      await eventually("all have ended", async () => (await opened.sh("pgrep -fc '[h]ung up one'; true")) === "0\n");
      assert.equal(await opened.bottle.status(), "running");
    } finally {
      await opened.dispose();
    }
  });
}
