import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { end, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "curl", "tmux", "script");

test("row 132: on a terminal a rule for good is shown and asked about; a no, or an end at the question, answers nothing", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  using screen = openScreen(world.operator, 140, 40);
  const got = world.curl(url("/kept"));
  const [one] = await world.waiting(1);
  const before = readFileSync(world.manifest, "utf8");
  screen.type(`bottle allow ${one?.id} --persist; echo code-$?`);
  await screen.shows(/^\+ .*"paths": \["\/kept"\][\s\S]*Write this to .*\[y\/N\]/m);
  screen.type("n");
  await screen.shows(/still waits\n+code-2/);
  screen.type(`clear; bottle allow ${one?.id} --persist; echo again-$?`);
  await screen.shows(/Write this to .*\[y\/N\]/);
  screen.tmux("send-keys", "C-c");
  await screen.shows(/again-(?:2|130)/);
  assert.equal(readFileSync(world.manifest, "utf8"), before);
  assert.deepEqual(world.seen, []);
  screen.type(`clear; bottle allow ${one?.id} --persist; echo third-$?`);
  await screen.shows(/Write this to .*\[y\/N\]/);
  screen.type("y");
  await screen.shows(/while this bottle runs, and for later ones[\s\S]*third-0/);
  assert.equal((await got).status, 200);
  assert.match(readFileSync(world.manifest, "utf8"), /"paths": \["\/kept"\]/);
  await end(world);
});
