import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listedOptions, missingOption, neededOptions } from "../../../src/backends/smolmachines/help-text.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { readRelease } from "../../../src/backends/smolmachines/versions.ts";
import fc from "../../support/properties.ts";
import type { Seen } from "../../support/smolvm/comparison.ts";
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

/** Of 1.32.2, shortened: all in the long layout, as one long text makes it. */
const CREATE = `Create a new named machine configuration

Usage: smolvm machine create [OPTIONS] [-- <COMMAND>...]

Arguments:
  [COMMAND]...
          Command to run as the machine's workload. Requires the \`--\` separator

Options:
      --error-format <ERROR_FORMAT>
          How a failure is reported on stderr
          
          [default: text]
          [possible values: text, json]

  -n, --name <NAME>
          Name for the machine (auto-generated if omitted)
          
          [env: SMOLVM_MACHINE_NAME=]

  -I, --image <IMAGE>
          A registry reference, or a \`docker save\` archive. See
          --from, which is for packs

      --cpus <N>
          Maximum vCPUs the machine may use

      --mem <MiB>
          Maximum memory in MiB

      --block-io <BLOCK_IO>
          Host block I/O engine

          Possible values:
          - sync:  Service one request at a time
          - async: Submit queued raw-disk reads

  -v, --volume <HOST|REMOTE:GUEST[:ro|rw|staged]>
          Mount host directory

      --mount-socket <HOST_PATH:GUEST_PATH>
          Mount a host unix socket

  -h, --help
          Print help (see a summary with '-h')
`;

test("a newer one's help is read: its values, its defaults and what it takes of the environment are no options", () => {
  const own = ["--error-format", "-n", "--name", "-I", "--image", "--cpus", "--mem", "--block-io"];
  const found = [...own, "-v", "--volume", "--mount-socket", "-h", "--help"];
  assert.deepEqual([...listedOptions(CREATE)], found);
  const needs = new Map([...neededOptions(mannerOf([1, 32, 2]))].filter(([command]) => command === "machine create"));
  assert.equal(missingOption(needs, new Map([["machine create", CREATE]])), null);
});

test("what is needed of a release that was seen is what the real one has", () => {
  const folder = join(import.meta.dirname, "../../support/smolvm/seen");
  for (const file of globSync("*.json", { cwd: folder })) {
    const { release, flags } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Seen;
    for (const [command, options] of neededOptions(mannerOf(readRelease(`smolvm ${release}`) ?? [0, 0, 0]))) {
      const known = (flags[command] ?? []).flatMap((flag) => flag.split(/[ /]/).filter((word) => word.startsWith("-")));
      assert.deepEqual(
        options.filter((option) => !known.includes(option)),
        [],
        `${command} of ${release}`,
      );
    }
  }
});

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
