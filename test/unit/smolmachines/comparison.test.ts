import assert from "node:assert/strict";
import { test } from "node:test";
import { answerDifferences, flagDifferences, type Seen, tableFlags } from "../../support/smolvm/comparison.ts";
import { flagsOfHelp, flagWords } from "../../support/smolvm/help-flags.ts";

const COMPACT = `Delete a machine configuration

Usage: smolvm machine delete [OPTIONS] --name <NAME>

Options:
  -n, --name <NAME>  Machine to delete
  -f, --force        Skip confirmation prompt
      --cascade      Also delete clones; --cascade removes them first
  -h, --help         Print help
`;
const LONG = `Usage: smolvm machine create [OPTIONS] [-- <COMMAND>...]

Options:
      --label <KEY=VALUE>
          Attach metadata (repeatable), e.g. \`--label owner=exo\`.

  -v, --volume <HOST:GUEST[:ro]>
          Mount host directory

      --smolfile <PATH>
          Load configuration
          
          [aliases: -s]

      --net
          Enable outbound network access

  -h, --help
          Print help (see a summary with '-h')

Network:
      --proxy <URL>
          Proxy URL
`;

test("options are read from both layouts of a help text, and what only describes them is not", () => {
  const words = (text: string) => flagsOfHelp(text).map(flagWords);
  assert.deepEqual(words(COMPACT), ["-n/--name <NAME>", "-f/--force", "--cascade"]);
  assert.deepEqual(words(LONG), [
    "--label <KEY=VALUE>",
    "-v/--volume <HOST:GUEST[:ro]>",
    "-s/--smolfile <PATH>",
    "--net",
    "--proxy <URL>",
  ]);
});

test("each way in which a real one can differ is a line of the report", () => {
  const release = "1.9.3";
  const flags = Object.fromEntries(
    ["machine delete", "machine stop"].map((command) => [command, tableFlags(release, command)]),
  );
  assert.deepEqual(flagDifferences({ release, flags }), []);
  const changed = { ...flags, "machine delete": ["-n/--name <NAME>", "--new"], "machine nothing": ["--x"] };
  assert.deepEqual(flagDifferences({ release, flags: changed }), [
    "machine delete: only the real one has --new",
    "machine delete: only the fake one has --cascade, -f/--force",
    "machine nothing: only the real one has it",
  ]);
  assert.deepEqual(flagDifferences({ release, flags: { "machine stop": null } }), [
    "machine stop: only the fake one has it",
  ]);
  const machine = { name: "one", pid: null };
  const real: Seen = { release, flags, answers: [{ call: "a b", answer: "1 Error: x" }], machine };
  assert.deepEqual(answerDifferences(real, real), []);
  const fake: Seen = { ...real, answers: [{ call: "a b", answer: "0" }], machine: { name: "two", cpus: 4 } };
  assert.deepEqual(answerDifferences(real, fake), [
    "a b\n    real: 1 Error: x\n    fake: 0",
    "machine ls --json: cpus\n    real: not there\n    fake: 4",
    'machine ls --json: name\n    real: "one"\n    fake: "two"',
    "machine ls --json: pid\n    real: null\n    fake: not there",
  ]);
});
