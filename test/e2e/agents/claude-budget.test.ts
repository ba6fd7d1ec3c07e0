import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readItems } from "../../../src/state/proposals.ts";
import { withModel } from "../../support/model-stand-in.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");
const SCENES = [{ prompt: "make a file", command: "echo made", answer: (text: string) => `done ${text}` }];

for (const verdict of ["allow", "deny"] as const) {
  test(`a real agent whose budget is used up waits, and ${verdict === "allow" ? "goes on after a yes" : "is told of a no"}`, {
    skip,
  }, async () => {
    // Each answer of the stand-in uses two tokens: the first request of the turn is the last that is let through.
    await withModel(SCENES, { budget: { tokens: 2 } }, async (operator, env, standIn) => {
      const child = operator.spawn(["start", "claude", "--without-cgroup", "--name", "one", "-p", "make a file"], env);
      child.stdin?.end();
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
      }
      const closed = new Promise((resolve) => child.once("close", resolve));
      const folder = join(operator.home, ".local/state/bot-bottle/bottles/one");
      try {
        const over = new AbortController();
        void closed.then(() => over.abort());
        let asked = 0;
        while (!over.signal.aborted) {
          const item = await eventually("it asks, or ends", async () => {
            if (over.signal.aborted) return "over" as const;
            return (await readItems(join(folder, "proposals")))[0] ?? null;
          });
          if (item === "over") break;
          asked += 1;
          await operator.bottle([verdict, item.id]);
        }
        assert.ok(asked > 0);
        if (verdict === "allow") {
          assert.equal(await closed, 0, said);
          assert.match(said, /done made/);
        } else {
          assert.notEqual(await closed, 0);
          assert.match(said, /budget of this bottle is used up/);
          assert.ok(standIn.seen.filter(({ path }) => path.startsWith("/v1/messages")).length <= 2);
        }
      } finally {
        child.kill("SIGKILL");
        await closed;
        await operator.bottle(["rm", "--force", "--discard", "one"]);
      }
    });
  });
}
