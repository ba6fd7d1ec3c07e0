import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";

const skip = skipWithout("bubblewrap", "perl", "python3", "script");

test("closing the window of `bottle exec -it` ends it, and hangs up on its command", { skip }, async () => {
  using operator = newOperator();
  const agent = operator.spawn(["start", "shell", "--name", "host", "-p", "exec sleep 300"]);
  const ended = new Promise((resolve) => agent.once("close", resolve));
  agent.stdin?.end();
  const inside = (script: string) => operator.bottle(["exec", "host", "--", "sh", "-c", script]);
  try {
    await eventually("the bottle runs", async () => (await inside("true")).code === 0);
    const script = "trap 'echo hangup >~/hung; exit 1' HUP; echo ready; while :; do sleep 0.05; done";
    const argv = [...operator.words, "exec", "-it", "host", "--", "bash", "-c", script];
    const { code } = await onTerminal({ argv, env: operator.env }, [], { after: "ready", by: "close" });
    assert.equal(code, 129);
    await eventually("the command was told", async () => (await inside("cat ~/hung")).stdout === "hangup\n");
  } finally {
    agent.kill("SIGTERM");
    await ended;
  }
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});
