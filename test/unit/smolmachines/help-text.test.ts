import assert from "node:assert/strict";
import { test } from "node:test";
import { listedOptions, missingOption, neededOptions } from "../../../src/backends/smolmachines/help-text.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import fc from "../../support/properties.ts";
import { COMMANDS } from "../../support/smolvm/flag-table.ts";

/** As clap 4 writes it: short texts beside, long ones below. */
const EXEC = `Execute a command in a running machine

Usage: smolvm machine exec [OPTIONS] <COMMAND>...

Arguments:
  <COMMAND>...  Command and arguments, e.g. -- ls --quiet

Options:
      --name <NAME>          Machine name
  -w, --workdir <WORKDIR>    Working directory, not --chdir
  -e, --env <KEY=VALUE>...
          Environment variable, as
          --secret is not
  -i, --interactive          Keep stdin open
  -t, --tty                  Allocate a terminal
      --stream
  -x                         Of its own
      --color[=<WHEN>]       Colours
  -h, --help                 Print help (see more with '--help')
`;

test("what a help text lists is read off its options, not off its prose", () => {
  const found = [...listedOptions(EXEC)];
  const own = ["--name", "-w", "--workdir", "-e", "--env", "-i", "--interactive", "-t", "--tty", "--stream", "-x"];
  assert.deepEqual(found, [...own, "--color", "-h", "--help"]);
  for (const prose of ["--quiet", "--chdir", "--secret"]) assert.ok(!listedOptions(EXEC).has(prose), prose);
});

test("the first option that is not there is named with its command", () => {
  const needs = neededOptions(mannerOf([1, 9, 3]));
  const helps = new Map(
    [...needs].map(([command, options]) => [
      command,
      options.map((option) => `${option.startsWith("--") ? "    " : ""}  ${option} <X>  Text\n`).join(""),
    ]),
  );
  assert.equal(missingOption(needs, helps), null);
  const gone = helps.get("machine create")?.replace("      --mount-socket <X>  Text\n", "") ?? "";
  assert.equal(missingOption(needs, new Map([...helps, ["machine create", gone]])), "machine create --mount-socket");
  assert.equal(missingOption(needs, new Map([...helps, ["machine exec", EXEC]])), null);
  assert.match(missingOption(needs, new Map()) ?? "", /^machine create -/);
});

test("what is needed of each release is what it has", () => {
  for (const version of ["0.8.0", "1.0.2", "1.1.3", "1.6.4", "1.9.3"]) {
    const release = version.split(".").map(Number) as [number, number, number];
    for (const [command, options] of neededOptions(mannerOf(release))) {
      const known = COMMANDS.filter(({ words }) => words.join(" ") === command).flatMap(({ flags }) =>
        flags.flatMap(({ long, short }) => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]),
      );
      assert.deepEqual(
        options.filter((option) => !known.includes(option)),
        [],
        `${command} of ${version}`,
      );
    }
  }
});

test("whatever stands there, reading it ends and invents nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const option of listedOptions(text)) assert.ok(text.includes(option));
    }),
  );
});
