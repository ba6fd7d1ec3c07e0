import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { NODE_FLAGS } from "../../support/node-flags.ts";

const launcher = join(import.meta.dirname, "../../../scripts/node");

test("no Node of ours runs the compilers that hang a process at its end", () => {
  const words = ["-p", "process.execArgv.join(' ')"];
  const launched = execFileSync("sh", [launcher, ...words], { encoding: "utf8" });
  for (const flag of NODE_FLAGS) assert.ok(launched.split(" ").includes(flag), launched);
  for (const flag of NODE_FLAGS) assert.ok(process.execArgv.includes(flag), `the tests themselves: ${flag}`);
});
