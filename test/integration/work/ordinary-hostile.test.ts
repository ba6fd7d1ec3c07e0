import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { runAsOrdinaryUser } from "../../support/ordinary-run.ts";

test("hostile and odd repositories are no more to an ordinary user", {
  skip: skipWithout("bubblewrap", "git", "ordinary-user"),
}, async () => {
  const files = ["hostile", "kinds"];
  const { code, output } = await runAsOrdinaryUser(files.map((name) => join(import.meta.dirname, `${name}.test.ts`)));
  assert.equal(code, 0, output);
  assert.match(output, /ℹ pass [1-9]/);
});
