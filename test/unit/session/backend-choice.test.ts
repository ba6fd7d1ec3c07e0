import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherFacts } from "../../../src/host/facts.ts";
import { chooseBackend } from "../../../src/session/backend-choice.ts";

const facts = gatherFacts();
const NONE = { asked: null, definition: { backend: undefined, bottle: "default" }, env: {} };
const chosen = async (wishes: Parameters<typeof chooseBackend>[0], machine = facts) => {
  const { backend, why } = await chooseBackend(wishes, machine);
  return [backend.name, why];
};

test("the command line counts more than the manifest, and that more than the variable", async () => {
  const definition = { backend: "docker", bottle: "dev" };
  const env = { BOT_BOTTLE_BACKEND: "docker" };
  assert.deepEqual(await chosen({ ...NONE, asked: "bubblewrap", definition, env }), ["bubblewrap", "--backend"]);
  assert.deepEqual(await chosen({ ...NONE, definition, env: { BOT_BOTTLE_BACKEND: "bubblewrap" } }), [
    "docker",
    "bottle dev says so",
  ]);
  assert.deepEqual(await chosen({ ...NONE, env }), ["docker", "BOT_BOTTLE_BACKEND"]);
});

test("a name that no backend has is refused, by whoever it was said; an empty variable says nothing", async () => {
  await assert.rejects(chosen({ ...NONE, asked: "castle" }), { code: "USAGE", message: /castle/ });
  await assert.rejects(chosen({ ...NONE, env: { BOT_BOTTLE_BACKEND: "castle" } }), { code: "USAGE" });
  await assert.rejects(chosen({ ...NONE, definition: { backend: "castle", bottle: "x" } }), { code: "PLAN_INVALID" });
  const [, why] = await chosen({ ...NONE, env: { BOT_BOTTLE_BACKEND: "" } });
  assert.notEqual(why, "BOT_BOTTLE_BACKEND");
});

test("where nobody says it, what the machine lacks decides, and the reason says what was passed over", async () => {
  const [, why] = await chosen(NONE, { ...facts, platform: "darwin" });
  assert.match(why ?? "", /not bubblewrap: it needs Linux, this is darwin/);
  const bare = await chosen(NONE, { ...facts, tools: {} });
  assert.match(bare[1] ?? "", /not bubblewrap: bwrap is not installed/);
});
