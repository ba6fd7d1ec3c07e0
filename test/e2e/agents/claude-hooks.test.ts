import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Activity } from "../../../src/core/model/activity.ts";
import { withModel } from "../../support/model-stand-in.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");
const SCENES = [
  {
    prompt: "wait for me",
    command: "touch began; while [ ! -e go ]; do sleep 0.05; done; echo went",
    answer: (text: string) => `done ${text}`,
  },
];

async function activity(operator: Operator): Promise<Activity> {
  return JSON.parse((await operator.bottle(["why", "one", "--format", "json"])).stdout).activity;
}

test("what a real agent does is seen by its hooks and requests, from its tool to its end", { skip }, async () => {
  await withModel(SCENES, {}, async (operator, env) => {
    const child = operator.spawn(["start", "claude", "--without-cgroup", "--name", "one", "-p", "wait for me"], env);
    child.stdin?.end();
    child.stdout?.resume();
    child.stderr?.resume();
    const closed = new Promise((resolve) => child.once("close", resolve));
    try {
      const inTool = await eventually("a tool of the agent runs", async () => {
        const found = await activity(operator).catch(() => null);
        return found?.what === "runs Bash" ? found : null;
      });
      assert.deepEqual([inTool.state, inTool.source], ["working", "hook"]);
      assert.match((await operator.bottle(["ls"])).stdout, /one .* working /);
      assert.match(
        (await operator.bottle(["why", "one"])).stdout,
        /one is working: runs Bash\n {2}by its hooks[\s\S]*its hooks {12}working \(runs Bash\)/,
      );
      const settings = await operator.bottle([
        "exec",
        "one",
        "--",
        "sh",
        "-c",
        "cat /run/bottle/hooks.json; echo x > /run/bottle/hooks.json",
      ]);
      assert.match(settings.stdout, /"PreToolUse"/);
      assert.notEqual(settings.code, 0, "the agent cannot change them");
      await operator.bottle(["exec", "one", "--", "touch", "go"]);
      assert.equal(await closed, 0);
      assert.deepEqual([(await activity(operator)).state, (await activity(operator)).source], ["done", "process"]);
      const audit = readFileSync(join(operator.home, ".local/state/bot-bottle/bottles/one/audit.jsonl"), "utf8");
      assert.ok(!audit.includes("/hook"), "a hook is no request");
    } finally {
      child.kill("SIGKILL");
      await closed;
      await operator.bottle(["rm", "--force", "--discard", "one"]);
    }
  });
});
