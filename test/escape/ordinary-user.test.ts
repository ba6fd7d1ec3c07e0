import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../support/needs.ts";
import { runAsOrdinaryUser } from "../support/ordinary-run.ts";

for (const name of ["network", "walls", "terminal", "limits"]) {
  test(`an ordinary user's bottle holds: ${name}`, {
    skip: skipWithout("bubblewrap", "perl", "ordinary-user"),
  }, async () => {
    const { code, output } = await runAsOrdinaryUser([join(import.meta.dirname, `${name}.test.ts`)]);
    assert.equal(code, 0, output);
    assert.match(output, /ℹ pass [1-9]/);
  });
}
