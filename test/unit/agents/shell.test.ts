import assert from "node:assert/strict";
import { test } from "node:test";
import { providers } from "../../../src/agents/providers.ts";
import { shell } from "../../../src/agents/shell.ts";

const run = {
  binary: { path: "/usr/bin/bash", version: "", origin: "host" },
  workspace: "/workspace",
  home: "/home/agent",
  instructions: null,
};

test("the built-in agents are claude and shell", () => {
  assert.deepEqual(Object.keys(providers), ["claude", "shell"]);
});

test("a shell has no credential and no way out", () => {
  assert.deepEqual([shell.credentials("/home/me"), shell.rules, shell.env], [[], [], {}]);
});

test("a prompt is a script whose arguments follow", () => {
  const { argv } = shell.command({ ...run, prompt: "echo $1", args: ["a b"] });
  assert.deepEqual(argv, ["/usr/bin/bash", "-c", "echo $1", "shell", "a b"]);
  assert.deepEqual(shell.command({ ...run, prompt: null, args: [] }).argv, ["/usr/bin/bash"]);
});
