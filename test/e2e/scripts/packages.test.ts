import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { installDebianPackages } from "../../../src/host/debian-packages.ts";
import { programPath } from "../../support/needs.ts";

const trusted = process.getuid?.() === 0 || spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;

test("a user who cannot install packages without a question is told what to type, and nothing is tried", {
  skip: trusted ? "needs an ordinary user without passwordless sudo" : false,
}, async () => {
  const said: string[] = [];
  const outcome = await installDebianPackages(["bubblewrap", "tmux"], (line) => said.push(line));
  assert.ok(!outcome.ok);
  assert.match(
    outcome.type,
    programPath("apt-get") === null ? /install bubblewrap tmux/ : /^sudo apt-get install bubblewrap tmux$/,
  );
  assert.deepEqual(said, []);
});
