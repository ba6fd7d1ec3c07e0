import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { runAsOrdinaryUser } from "../../support/ordinary-run.ts";

test("an ordinary user's workspaces come in and are collected too", {
  skip: skipWithout("bubblewrap", "git", "ordinary-user"),
}, async () => {
  const files = ["agents", "shapes"];
  const { code, output } = await runAsOrdinaryUser(files.map((name) => join(import.meta.dirname, `${name}.test.ts`)));
  assert.equal(code, 0, output);
  assert.match(output, /ℹ pass [1-9]/);
});
