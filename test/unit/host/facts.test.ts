import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { type TestContext, test } from "node:test";
import { gatherFacts } from "../../../src/host/facts.ts";

test("without an absolute HOME the home is that of the user database, and never relative", (context: TestContext) => {
  const before = process.env.HOME;
  context.after(() => {
    if (before === undefined) delete process.env.HOME;
    else process.env.HOME = before;
  });
  process.env.HOME = "/home/of-the-environment";
  assert.equal(gatherFacts().home, "/home/of-the-environment");
  for (const home of ["", "relative"]) {
    process.env.HOME = home;
    assert.equal(gatherFacts().home, userInfo().homedir, home);
  }
  delete process.env.HOME;
  assert.equal(gatherFacts().home, userInfo().homedir);
});
