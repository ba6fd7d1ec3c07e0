import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { runAsOrdinaryUser } from "../../support/ordinary-run.ts";

test("an ordinary user's bottles push through the git gate too", {
  skip: skipWithout("bubblewrap", "git", "ordinary-user"),
}, async () => {
  const { code, output } = await runAsOrdinaryUser([join(import.meta.dirname, "gate.test.ts")]);
  assert.equal(code, 0, output);
  assert.match(output, /ℹ pass [1-9]/);
});
