import assert from "node:assert/strict";
import { test } from "node:test";
import { createWords, deleteWords, execWords, stopWords } from "../../../src/backends/smolmachines/machine-words.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { machineName, readMachineName } from "../../../src/backends/smolmachines/names.ts";
import { readRelease } from "../../../src/backends/smolmachines/versions.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { isName, NAME_PATTERN } from "../../../src/core/model/ids.ts";
import { ownIdentity } from "../../../src/host/process-identity.ts";
import fc from "../../support/properties.ts";
import { parse } from "../../support/smolvm/clap.ts";

const SPEC = {
  name: "one",
  source: ["--image", "/images/agent.tar"],
  volumes: [
    { host: "/state/home", guest: "/home/agent", writable: true },
    { host: "/state/run", guest: "/run/bottle", writable: false },
  ],
  sockets: [{ host: "/run/x/way/socket", guest: "/run/way/socket" }],
  limits: { memoryBytes: 3 * 2 ** 30 + 1, cpus: 1.5 },
};

const NEW = mannerOf([1, 9, 3]);
const RELEASES = ["0.8.0", "0.8.1", "1.0.2", "1.1.3", "1.4.1", "1.6.4", "1.8.1", "1.9.3"];
const mannerAt = (text: string) => mannerOf(readRelease(`smolvm ${text}`) ?? [0, 0, 0]);

test("at each release, what is asked of smolvm is what it takes", () => {
  for (const version of RELEASES) {
    const manner = mannerAt(version);
    const source = manner.source === "pack" ? ["--from", "/packs/agent.smolmachine"] : SPEC.source;
    const sockets = manner.way === "socket" ? SPEC.sockets : [];
    const made = parse(version, createWords(manner, { ...SPEC, source, sockets }));
    const named = ({ values, positional }: typeof made) => values.get("name") ?? positional.get("NAME");
    assert.deepEqual([made.command, named(made), made.trailing], ["machine create", "one", []], version);
    assert.equal(made.values.get(manner.source === "pack" ? "from" : "image"), source[1]);
    assert.equal(made.lists.get("mount-socket")?.length ?? 0, sockets.length);
    const deleted = parse(version, deleteWords(manner, "one"));
    assert.deepEqual([deleted.command, named(deleted), deleted.flags.has("force")], ["machine delete", "one", true]);
    for (const words of [stopWords("one"), ["machine", "start", "-n", "one"]]) {
      assert.equal(named(parse(version, words)), "one", version);
    }
    assert.ok(parse(version, ["machine", "ls", "--json"]).flags.has("json"));
    for (const input of [true, false]) {
      const asked = parse(version, execWords("one", input, ["--name", "x", "--"]));
      assert.deepEqual([named(asked), asked.trailing], ["one", ["--name", "x", "--"]], version);
      assert.ok(asked.flags.has(input ? "interactive" : "stream"), "what it prints is not kept, nor cut");
    }
  }
});

test("row 72: a machine is made without a network: no word of it asks for one or implies one", () => {
  const asked = parse("1.9.3", createWords(NEW, SPEC));
  for (const flag of ["net", "outbound-localhost-only"]) assert.ok(!asked.flags.has(flag), flag);
  for (const list of ["allow-cidr", "allow-host", "port"]) assert.ok(!asked.lists.has(list), list);
  for (const value of ["network", "dns", "net-backend"]) assert.ok(!asked.values.has(value), value);
  assert.deepEqual(asked.lists.get("mount-socket"), ["/run/x/way/socket:/run/way/socket"]);
  assert.deepEqual(asked.lists.get("volume"), ["/state/home:/home/agent:rw", "/state/run:/run/bottle:ro"]);
});

test("sizes are whole, never less than what was asked for, and never what smolvm refuses", () => {
  const asked = parse("1.9.3", createWords(NEW, SPEC));
  assert.deepEqual([asked.values.get("mem"), asked.values.get("cpus")], ["3073", "2"]);
  const small = parse("1.9.3", createWords(NEW, { ...SPEC, limits: { memoryBytes: 1, cpus: 0.1 } }));
  assert.deepEqual([small.values.get("mem"), small.values.get("cpus")], ["64", "1"]);
});

test("a path that the words cannot say is refused, not cut", () => {
  const odd = { host: "/a:b", guest: "/x", writable: true };
  assert.throws(() => createWords(NEW, { ...SPEC, volumes: [odd] }), BottleError);
});

test("words of a command stay its own, whatever they look like", () => {
  for (const words of [
    ["--name", "x"],
    ["-i", "--", "sh"],
    ["echo", "--", "-e"],
  ]) {
    assert.deepEqual(parse("1.9.3", execWords("one", true, words)).trailing, words);
    assert.equal(parse("1.9.3", execWords("one", false, words)).values.get("name"), "one");
  }
});

test("a machine's name is one that smolvm takes, and tells bottle and host process again", () => {
  const host = ownIdentity();
  fc.assert(
    fc.property(fc.stringMatching(NAME_PATTERN).filter(isName), fc.constantFrom("cage", "workshop"), (bottle, kind) => {
      const name = machineName({ kind, bottle, host });
      assert.match(name, /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
      assert.ok(!name.includes("--") && !name.endsWith("-"), name);
      assert.deepEqual(readMachineName(name), { kind, bottle, host });
    }),
  );
  for (const other of ["default", "bb_cage", "bb_cage_x_1_2_zzzzzzzz_00000000", "vm-0a1b2c3d"]) {
    assert.equal(readMachineName(other), null, other);
  }
});

test("a release is read from what the program of smol-machines says, and from nothing else", () => {
  assert.deepEqual(readRelease("smolvm 0.8.0"), [0, 8, 0]);
  assert.deepEqual(readRelease("smolvm 1.10.0\n"), [1, 10, 0]);
  for (const odd of ["SmolVM 0.0.36", "smolvm", "smolvm 1.9", "smolvm v1.9.3", "smolvm 1.9.3-x"]) {
    assert.equal(readRelease(odd), null, odd);
  }
});
