import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../../src/cli/parse.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

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

test("usage errors name what is wrong, and where help is", async () => {
  for (const [argv, message, hint] of [
    [["strat"], /^unknown command 'strat'$/, /Did you mean start\?/],
    [["resume"], /^missing required argument 'name'$/, /bottle help resume/],
    [["start", "claude", "--workspce", "bind"], /^unknown option '--workspce'$/, /--workspace\?.*bottle help start/],
    [["start", "claude", "--workspace", "cloud"], /cloud.*clone, copy, bind/, /bottle help start/],
    [["ls", "extra"], /^too many arguments/, /bottle help ls/],
    [["ls", "--", "extra"], /^too many arguments/, /bottle help ls/],
    [["help", "nosuch"], /^no verb is called nosuch$/, /bottle help lists/],
    [["help", "strat"], /^no verb is called strat$/, /did you mean start\?/],
  ] as const) {
    await assert.rejects(parse(argv, version), (error) => {
      assert.ok(error instanceof BottleError && error.code === "USAGE", argv.join(" "));
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      return true;
    });
  }
});

test("nothing typed: the overview on stderr, exit 2", async () => {
  for (const argv of [[], ["--"], ["--", "ls"]]) {
    const call = await parse(argv, version);
    assert.ok(call.kind === "print" && call.toStderr && call.exitCode === 2);
    assert.match(call.text, /Usage/);
  }
});

test("-- ends the options of a verb that passes nothing on", async () => {
  for (const verb of ["stop", "rm", "logs", "audit"]) {
    const call = await verbOf(verb, "--", "claude-x7k2p");
    assert.deepEqual([call.input.positionals, call.input.rest], [["claude-x7k2p"], []], verb);
  }
  assert.deepEqual((await verbOf("stop", "a", "--", "--force")).input.positionals, ["a", "--force"]);
});

test("help and version go to stdout with exit 0", async () => {
  for (const argv of [["--help"], ["help"], ["help", "start"], ["help", "ps"], ["start", "--help"], ["--version"]]) {
    const call = await parse(argv, version);
    assert.equal(call.kind, "print");
    if (call.kind !== "print") continue;
    assert.equal(call.exitCode, 0, argv.join(" "));
    assert.equal(call.toStderr, false);
    assert.ok(call.text.length > 5);
  }
});
