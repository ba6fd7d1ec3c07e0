/** The command line of the FAKE smolvm: read as strictly as clap does, by the table of its release. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "../../support/properties.ts";
import { type Asked, commandsOf, parse, UsageError } from "../../support/smolvm/clap.ts";
import { refusal } from "../../support/smolvm/clap-values.ts";
import type { Flag } from "../../support/smolvm/flag.ts";
import { COMMANDS } from "../../support/smolvm/flag-table.ts";
import { helpOf } from "../../support/smolvm/help.ts";
import { trialOf } from "../../support/smolvm/trial.ts";
import { atLeast } from "../../support/smolvm/version-order.ts";

const RELEASES = ["0.8.0", "0.8.1", "1.0.0", "1.0.2", "1.1.3", "1.4.1", "1.6.4", "1.8.1", "1.9.3"];
const release = fc.constantFrom(...RELEASES);
/** Words as a driver, or a mistake of one, may make them. */
const word = fc.oneof(
  fc.constantFrom(
    "machine",
    "vm",
    "pack",
    "create",
    "exec",
    "cp",
    "delete",
    "--",
    "-",
    "-it",
    "-n",
    "--name",
    "--json",
    "--from=a",
    "-h",
  ),
  fc.constantFrom(...COMMANDS.flatMap(({ flags }) => flags.map(({ long }) => `--${long}`))),
  fc.string(),
);

const read = (version: string, argv: readonly string[]): Asked | UsageError => {
  try {
    return parse(version, argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
};

test("whatever the words, they are read or are a usage error, and nothing is read that was not given", () => {
  fc.assert(
    fc.property(release, fc.array(word, { maxLength: 12 }), (version, argv) => {
      const asked = read(version, argv);
      if (asked instanceof UsageError || asked.help === true) return;
      const texts = [
        ...asked.values.values(),
        ...[...asked.lists.values()].flat(),
        ...asked.positional.values(),
        ...asked.trailing,
      ];
      for (const text of texts)
        assert.ok(
          argv.some((one) => one.endsWith(text)),
          text,
        );
      const shape = commandsOf(version).find(({ words }) => words.join(" ") === asked.command);
      const known = new Set(shape?.flags.map(({ long }) => long));
      for (const long of [...asked.flags, ...asked.values.keys(), ...asked.lists.keys()]) assert.ok(known.has(long));
    }),
    { numRuns: 3000 },
  );
});

const VALUES: Readonly<Record<string, readonly string[]>> = {
  text: ["a", "a=b", "", "a b"],
  u8: ["0", "255"],
  u32: ["4096"],
  u64: ["20"],
  port: ["80", "8080:80"],
  cidr: ["203.0.113.0/24", "203.0.113.1", "2001:db8::/32"],
  image: ["a"],
  mib: ["4096"],
  duration: ["30s", "5m"],
};
const textFor = (flag: Flag) => fc.constantFrom(...(VALUES[flag.takes ?? "text"] ?? []));

/** A command of a release with flags that it has, as words and as what they say. */
const call = release.chain((version) => {
  const shapes = commandsOf(version).filter(({ flags }) => flags.every(({ required }) => required !== true));
  return fc.constantFrom(...shapes).chain(({ words, flags, positional, trailing, mayTrail }) => {
    const free = flags.filter(({ conflicts, requires }) => conflicts === undefined && requires === undefined);
    const givenFlags = fc
      .subarray(free.filter(({ long }) => !["from", "smolfile"].includes(long)))
      .chain((given) => fc.tuple(...given.map((flag) => fc.tuple(fc.constant(flag), textFor(flag), fc.boolean()))));
    const places = fc.tuple(...positional.map(() => fc.stringMatching(/^[a-z]{1,5}$/)));
    const behind =
      trailing === undefined ? fc.constant([]) : fc.array(fc.string(), { minLength: mayTrail ? 0 : 1, maxLength: 4 });
    return fc.record({ version: fc.constant(version), words: fc.constant(words), given: givenFlags, places, behind });
  });
});

test("what a release knows is read as it was given, joined or not, in front of a command of any words", () => {
  fc.assert(
    fc.property(call, ({ version, words, given, places, behind }) => {
      const texts = given.flatMap(([flag, text, joined]) => {
        if (flag.kind === "flag") return [`--${flag.long}`];
        return joined || text.startsWith("-") ? [`--${flag.long}=${text}`] : [`--${flag.long}`, text];
      });
      const asked = parse(version, [...words, ...texts, ...places, ...(behind.length === 0 ? [] : ["--", ...behind])]);
      assert.equal(asked.command, words.join(" "));
      assert.deepEqual(asked.trailing, behind);
      assert.deepEqual([...asked.positional.values()], places);
      for (const [{ long, kind }, text] of given) {
        if (kind === "flag") assert.ok(asked.flags.has(long));
        else assert.equal(kind === "list" ? asked.lists.get(long)?.[0] : asked.values.get(long), text);
      }
      assert.equal(asked.flags.size + asked.values.size + asked.lists.size, given.length);
    }),
  );
});

test("a flag given twice, abbreviated, or before its release is a usage error", () => {
  const refused = (version: string, ...argv: readonly string[]) => {
    const asked = read(version, ["machine", ...argv]);
    assert.ok(asked instanceof UsageError, argv.join(" "));
    return asked.message;
  };
  assert.match(refused("1.9.3", "create", "-n", "a", "--name", "b"), /cannot be used multiple times/);
  assert.match(refused("1.9.3", "create", "--net", "--net"), /cannot be used multiple times/);
  assert.match(refused("1.9.3", "create", "--na", "a"), /unexpected argument '--na' found/);
  assert.match(refused("1.9.3", "create", "-n", "-a"), /unexpected argument '-a' found/);
  assert.match(refused("1.9.3", "create", "-n", "-e"), /a value is required/);
  assert.match(refused("1.9.3", "create", "--net=yes"), /unexpected value/);
  assert.match(refused("1.9.3", "create", "--cpus", "many"), /invalid value 'many' for '--cpus <N>'/);
  assert.match(refused("1.9.3", "delete", "-f"), /--name/);
  assert.match(refused("1.9.3", "create", "one"), /unexpected argument 'one' found/);
  assert.match(refused("1.9.3", "run", "-n", "one"), /--detach/);
  assert.match(refused("1.8.1", "cp", "--mode", "755", "a", "b:/c"), /unexpected argument '--mode' found/);
  assert.match(refused("1.9.3", "inspect"), /unrecognized subcommand/);
  for (const flag of ["--user", "--entrypoint"]) refused("1.9.3", "create", flag, "a");
  for (const { words, flags } of COMMANDS) {
    for (const { long, since } of flags.filter(({ since }) => since !== undefined && since !== "0.8.0")) {
      const before = RELEASES.findLast((one) => !atLeast(one, since ?? ""));
      if (before === undefined) continue;
      const asked = read(before, [...words, `--${long}`]);
      assert.ok(asked instanceof UsageError, `${words.join(" ")} --${long} at ${before}`);
    }
  }
});

test("a workload follows the name from 1.0.0 on, and `--` since 1.0.2", () => {
  assert.ok(read("0.8.1", ["machine", "create", "one", "sleep", "1"]) instanceof UsageError);
  const early = parse("1.0.0", ["machine", "create", "one", "sleep", "-n", "1"]);
  assert.deepEqual([early.positional.get("NAME"), early.trailing], ["one", ["sleep", "-n", "1"]]);
  const late = parse("1.0.2", ["machine", "create", "-n", "one", "--", "sleep", "1"]);
  assert.deepEqual([late.values.get("name"), late.trailing], ["one", ["sleep", "1"]]);
});

test("--help lists what the release has, in clap's layout, and wins over what follows it", () => {
  const create = (version: string) => helpOf(version, "machine create");
  assert.match(create("1.9.3"), /^Usage: smolvm machine create \[OPTIONS\] \[-- <COMMAND>\.\.\.\]$/m);
  assert.match(create("1.9.3"), /^ {2}-n, --name <NAME>$/m);
  assert.match(create("1.9.3"), /^ {6}--mount-socket <HOST_PATH:GUEST_PATH>$/m);
  assert.match(create("1.9.3"), /^ {2}-h, --help {2,}Print help$/m);
  assert.match(create("0.8.0"), /^Usage: smolvm machine create \[OPTIONS\] \[NAME\]$/m);
  assert.doesNotMatch(create("0.8.0"), /--name|--mount-socket|--net-backend/);
  assert.match(create("1.0.2"), /--net-backend/);
  assert.equal(create("1.15.0"), create("1.9.3"));
  assert.match(helpOf("0.8.0", "machine"), /^ {2}delete +\[aliases: rm\]$/m);
  assert.doesNotMatch(helpOf("0.8.0", "machine"), /fork/);
  for (const argv of [
    ["-h"],
    ["machine", "--help"],
    ["machine", "create", "-h", "--nonsense"],
    ["help", "machine", "create"],
  ]) {
    assert.equal(parse("1.9.3", argv).help, true, argv.join(" "));
  }
  assert.ok(read("1.9.3", ["machine", "create", "--nonsense", "-h"]) instanceof UsageError);
  assert.notEqual(parse("1.9.3", ["machine", "exec", "--", "ls", "--help"]).help, true);
  for (const version of RELEASES) {
    for (const { words, flags, hidden } of commandsOf(version)) {
      const text = helpOf(version, words.join(" "));
      assert.equal(text === helpOf(version, words[0]), false);
      for (const flag of flags.filter((one) => one.hidden === undefined)) assert.ok(text.includes(`--${flag.long}`));
      assert.equal(helpOf(version, words[0]).includes(`\n  ${words[1]}`), hidden !== true);
    }
  }
});

test("values are taken as their parsers take them", () => {
  const cases: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
    u8: [
      ["0", "255"],
      ["256", "-1", "", "1.5"],
    ],
    port: [
      ["1", "65535", "80:81"],
      ["0", "65536", "80:0", "a", "1:2:3", ""],
    ],
    cidr: [
      ["10.0.0.0/8", "::1"],
      ["10.0.0.0/33", "10.0.0", "a", "10.0.0.0/"],
    ],
    image: [["a"], [""]],
    mib: [["1"], ["much"]],
    duration: [
      ["30s", "1h 5m"],
      ["0s", "", "s", "5"],
    ],
  };
  for (const [takes, [good, wrong]] of Object.entries(cases)) {
    for (const text of good) assert.equal(refusal(takes as "u8", text), null, `${takes} ${text}`);
    for (const text of wrong) assert.notEqual(refusal(takes as "u8", text), null, `${takes} ${text}`);
  }
});

test("every command says which file of upstream it follows, and at which tag", () => {
  for (const { words, follows } of COMMANDS)
    assert.match(follows, /\bsrc\/cli\/\w+\.rs v\d+\.\d+\.\d+\b/, words.join(" "));
});

test("help and version end with 0, a command without words with 2, what was not read with 1", async () => {
  const it = trialOf("1.15.0");
  try {
    const version = await it.call(["--version"]);
    assert.deepEqual([version.code, version.out], [0, "smolvm 1.15.0\n"]);
    const help = await it.call(["machine", "create", "--help"]);
    assert.deepEqual([help.code, help.out], [0, helpOf("1.9.3", "machine create")]);
    assert.equal((await it.call(["machine"])).code, 2);
    const unread = await it.call(["machine", "monitor"]);
    assert.deepEqual([unread.code, unread.err], [1, "Error: the stand-in does not run `machine monitor`\n"]);
  } finally {
    await it.dispose();
  }
});
