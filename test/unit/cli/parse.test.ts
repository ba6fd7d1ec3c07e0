import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../../src/cli/parse.ts";

const version = async () => "1.2.3";
const verbOf = async (...argv: string[]) => {
  const call = await parse(argv, version);
  assert.equal(call.kind, "verb", call.kind === "print" ? call.text : "");
  return call;
};

test("what follows -- goes to the agent as it is, options included", async () => {
  const call = await verbOf("start", "claude", "src", "-p", "do it", "--", "--model", "opus", "--", "-x");
  assert.equal(call.verb.name, "start");
  assert.deepEqual(call.input.positionals, ["claude", "src"]);
  assert.equal(call.input.options.prompt, "do it");
  assert.deepEqual(call.input.rest, ["--model", "opus", "--", "-x"]);
});

test("repeatable options become lists, aliases name the same verb", async () => {
  const call = await verbOf("run", "claude", "--allow", "a.test", "--allow", "b.test:8443");
  assert.equal(call.verb.name, "start");
  assert.deepEqual(call.input.options.allow, ["a.test", "b.test:8443"]);
  for (const alias of ["ls", "list", "ps"]) assert.equal((await verbOf(alias)).verb.name, "ls");
});

test("exec takes its command with and without --", async () => {
  assert.deepEqual((await verbOf("exec", "a-1", "ls", "-la")).input.positionals, ["a-1", "ls", "-la"]);
  const dashed = await verbOf("exec", "-it", "a-1", "--", "ls", "-la");
  assert.deepEqual(dashed.input.rest, ["ls", "-la"]);
  assert.equal(dashed.input.options.tty, true);
});

test("usage errors go to stderr with exit 2 and name what is wrong", async () => {
  for (const [argv, word] of [
    [["strat"], "strat"],
    [["start"], "agent"],
    [["start", "claude", "--workspce", "bind"], "--workspce"],
    [["start", "claude", "--workspace", "clone"], "clone"],
    [["ls", "extra"], "too many"],
    [[], "Usage"],
  ] as const) {
    const call = await parse([...argv], version);
    assert.equal(call.kind, "print", argv.join(" "));
    if (call.kind !== "print") continue;
    assert.equal(call.exitCode, 2, argv.join(" "));
    assert.equal(call.toStderr, true);
    assert.match(call.text, new RegExp(word), argv.join(" "));
  }
});

test("help and version go to stdout with exit 0", async () => {
  for (const argv of [["--help"], ["help", "start"], ["start", "--help"], ["--version"]]) {
    const call = await parse(argv, version);
    assert.equal(call.kind, "print");
    if (call.kind !== "print") continue;
    assert.equal(call.exitCode, 0, argv.join(" "));
    assert.equal(call.toStderr, false);
    assert.ok(call.text.length > 5);
  }
});
