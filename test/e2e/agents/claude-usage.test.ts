import assert from "node:assert/strict";
import { test } from "node:test";
import { withModel } from "../../support/model-stand-in.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");
const SCENES = [
  { prompt: "make a file", command: "echo made > made.txt && cat made.txt", answer: (text: string) => `done ${text}` },
];
const FLAGS = ["--without-cgroup"];

test("tokens and cost of a real turn are in ls, cost and audit, and stay when the bottle is gone", {
  skip,
}, async () => {
  const prices = { claude: { input: 1000, output: 2000 } };
  await withModel(SCENES, { prices }, async (operator, env) => {
    const run = await operator.bottle(["start", "claude", ...FLAGS, "--name", "turn", "-p", "please make a file"], {
      env,
    });
    assert.equal(run.code, 0, run.stderr + run.stdout);
    const [row] = JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout);
    assert.ok(row.usage.requests >= 2);
    // The stand-in counts one token in and one out for each answer.
    const { requests, costMicros } = row.usage;
    assert.deepEqual(row.usage, {
      requests,
      unknown: 0,
      inputTokens: requests,
      outputTokens: requests,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costMicros: requests * 3000,
      unpriced: 0,
    });
    assert.deepEqual([row.activity.state, row.activity.source], ["done", "process"]);
    assert.match((await operator.bottle(["ls"])).stdout, /COST[\s\S]*turn .* \$0\.0/);
    for (const by of ["bottle", "agent", "model", "day"]) {
      const { stdout } = await operator.bottle(["cost", "--by", by, "--format", "json"]);
      const { lines, total } = JSON.parse(stdout);
      assert.deepEqual([lines.length, lines[0].usage.costMicros, total.costMicros], [1, costMicros, costMicros], by);
    }
    assert.match((await operator.bottle(["audit", "turn"])).stdout, /usage {4}\S+ claude-\S+: in 1, out 1, \$0\.003/);
    assert.match((await operator.bottle(["audit", "turn", "--verify"])).stdout, /whole|intact|ok/i);
    const why = await operator.bottle(["why", "turn"]);
    assert.match(why.stdout, /turn is done: finished\n {2}by its process/);
    assert.equal((await operator.bottle(["rm", "--discard", "turn"])).code, 0);
    const { total } = JSON.parse(
      (await operator.bottle(["cost", "turn", "--since", "today", "--format", "json"])).stdout,
    );
    assert.equal(total.costMicros, costMicros);
    assert.equal((await operator.bottle(["cost", "nobody"])).code, 2);
  });
});
