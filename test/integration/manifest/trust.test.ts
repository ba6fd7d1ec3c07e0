import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { type ManifestPlace, manifestPlace, said } from "../../support/manifest-place.ts";
import { testRack } from "../../support/manifest-rack.ts";

const TEXT = JSON.stringify({
  bottles: { ci: { egress: { rules: [{ host: "registry.example.com" }] } } },
  agents: {
    builder: { provider: "test", bottle: "ci", skills: ["skills/build"], prompt: "build" },
    reader: { provider: "plain", prompt: "read", skills: ["skills/build"] },
  },
});

/** A project with a manifest that needs trust, and a skill of two files. */
function project(context: TestContext): ManifestPlace {
  const at = manifestPlace(context);
  mkdirSync(join(at.workspace, "skills/build/scripts"), { recursive: true });
  writeFileSync(join(at.workspace, "skills/build/SKILL.md"), "# build\n");
  writeFileSync(join(at.workspace, "skills/build/scripts/run.sh"), "#!/bin/sh\n", { mode: 0o644 });
  writeFileSync(at.project, TEXT);
  return at;
}

const starts = async (at: ManifestPlace, agent: string, workspace?: string) =>
  selectAgent({ agent, command: null }, await at.load(testRack, workspace), testRack).ok;

test("row 141: an untrusted file gives only what is harmless; trusted it may name its own bottle", async (context) => {
  const at = project(context);
  assert.deepEqual([await starts(at, "builder"), await starts(at, "reader")], [false, true]);
  assert.match(
    said(await at.load()),
    /agents\.builder\.bottle: only a trusted .* \(see what .* bottle trust \/.*project/,
  );
  await at.trust();
  const manifest = await at.load();
  assert.equal(said(manifest), "");
  const selected = selectAgent({ agent: "builder", command: null }, manifest, testRack);
  assert.ok(selected.ok);
  assert.deepEqual(
    [selected.selection.bottleName, selected.selection.bottle.egress?.rules?.[0]?.host],
    ["ci", "registry.example.com"],
  );
  assert.deepEqual(Object.keys(manifest.project?.files ?? {}), [
    "skills/build/SKILL.md",
    "skills/build/scripts/run.sh",
  ]);
  const [record = ""] = readdirSync(at.layout.trust);
  assert.equal(statSync(join(at.layout.trust, record)).mode & 0o777, 0o600);
  assert.equal(statSync(at.layout.trust).mode & 0o777, 0o700);
});

const CHANGES: readonly (readonly [what: string, changed: string, act: (at: ManifestPlace) => void])[] = [
  ["a byte of the manifest", "bot-bottle.json", ({ project }) => writeFileSync(project, `${TEXT} `)],
  ["a byte order mark", "bot-bottle.json", ({ project }) => writeFileSync(project, `\uFEFF${TEXT}`)],
  ["a comment", "bot-bottle.json", ({ project }) => writeFileSync(project, `${TEXT}// x`)],
  [
    "a byte of a skill",
    "skills/build/SKILL.md",
    (at) => writeFileSync(join(at.workspace, "skills/build/SKILL.md"), "# evil\n"),
  ],
  [
    "a script made executable",
    "skills/build/scripts/run.sh",
    (at) => chmodSync(join(at.workspace, "skills/build/scripts/run.sh"), 0o755),
  ],
  [
    "a file added to a skill",
    "skills/build/more.md",
    (at) => writeFileSync(join(at.workspace, "skills/build/more.md"), ""),
  ],
  ["a file removed", "skills/build/scripts/run.sh", (at) => rmSync(join(at.workspace, "skills/build/scripts/run.sh"))],
  [
    "a file renamed",
    "skills/build/SKILL.md",
    (at) => renameSync(join(at.workspace, "skills/build/SKILL.md"), join(at.workspace, "skills/build/SKILL2.md")),
  ],
];

for (const [what, changed, act] of CHANGES) {
  test(`row 141: ${what}: untrusted again, and what changed is said`, async (context) => {
    const at = project(context);
    await at.trust();
    assert.equal(await starts(at, "builder"), true);
    act(at);
    const manifest = await at.load();
    assert.equal(manifest.project?.standing, "changed");
    assert.ok(manifest.project.changed.includes(changed), manifest.project.changed.join());
    assert.deepEqual(manifest.bottles, {});
    // Never on another bottle instead.
    assert.equal(await starts(at, "builder"), false);
    assert.ok(said(manifest).includes(`${manifest.project.changed[0]} `), said(manifest));
    assert.match(said(manifest), /changed since you trusted it: look again with bottle trust/);
    assert.equal(await starts(at, "reader"), true);
  });
}

test("row 141: only the set that was trusted last counts", async (context) => {
  const at = project(context);
  await at.trust();
  writeFileSync(at.project, `${TEXT}\n`);
  await at.trust();
  assert.equal(await starts(at, "builder"), true);
  writeFileSync(at.project, TEXT);
  assert.equal(await starts(at, "builder"), false);
  assert.equal(readdirSync(at.layout.trust).length, 1);
});

test("row 141: trust in one place is none in another: a copy, a link to it, a record moved by hand", async (context) => {
  const at = project(context);
  await at.trust();
  const copy = join(at.home, "copy");
  cpSync(at.workspace, copy, { recursive: true });
  assert.equal(await starts(at, "builder", copy), false);
  const manifest = await at.load(testRack, copy);
  assert.equal(manifest.project?.standing, "untrusted");

  const [record = ""] = readdirSync(at.layout.trust);
  const { createHash } = await import("node:crypto");
  const forged = `${createHash("sha256").update(copy).digest("hex")}.json`;
  cpSync(join(at.layout.trust, record), join(at.layout.trust, forged));
  assert.equal(await starts(at, "builder", copy), false);
});

test("row 23: a trust record that is damaged, a link, or open to others counts for nothing", async (context) => {
  const at = project(context);
  await at.trust();
  const file = join(at.layout.trust, readdirSync(at.layout.trust)[0] ?? "");
  const good = readFileSync(file, "utf8");
  const bad = [
    good.slice(0, -20),
    "",
    "[]",
    good.replace('"schema": 1', '"schema": 2'),
    good.replace(/"manifest": "./, '"manifest": "'),
    good.replace('"schema": 1', '"schema": 1, "also": true'),
    good.replace('"executable": false', '"executable": "no"'),
  ];
  for (const text of bad) {
    writeFileSync(file, text);
    assert.equal(await starts(at, "builder"), false, text);
  }
  writeFileSync(file, good);
  assert.equal(await starts(at, "builder"), true);
  chmodSync(file, 0o622);
  assert.equal(await starts(at, "builder"), false);
  chmodSync(file, 0o600);
  renameSync(file, join(at.home, "record"));
  symlinkSync(join(at.home, "record"), file);
  assert.equal(await starts(at, "builder"), false);
});

test("rows 141, 143: a manifest that is a link, a FIFO, a folder or huge is refused at once, and never trusted", async (context) => {
  const at = project(context);
  await at.trust();
  const ways: readonly (readonly [RegExp, () => void])[] = [
    [/is a link/, () => symlinkSync(join(at.home, "elsewhere.json"), at.project)],
    [/is a link/, () => symlinkSync("/dev/zero", at.project)],
    [/is not a regular file/, () => assert.equal(spawnSync("mkfifo", [at.project]).status, 0)],
    [/is not a regular file/, () => mkdirSync(at.project)],
    [/is larger than 1048576 bytes/, () => writeFileSync(at.project, "")],
    [/is not UTF-8/, () => writeFileSync(at.project, Buffer.from([0x7b, 0xff, 0x7d]))],
  ];
  writeFileSync(join(at.home, "elsewhere.json"), TEXT);
  for (const [message, act] of ways) {
    rmSync(at.project, { recursive: true, force: true });
    act();
    if (message.source.includes("larger")) truncateSync(at.project, 10 * 1024 ** 3);
    await assert.rejects(at.load(), (error) => {
      assert.ok(error instanceof BottleError && error.code === "MANIFEST_INVALID");
      assert.match(error.message, message);
      return true;
    });
  }
});

test("rows 141, 143: what a project names is plain files below it: no link on the way or inside, no FIFO, nothing huge", async (context) => {
  const at = project(context);
  mkdirSync(join(at.home, ".ssh"));
  writeFileSync(join(at.home, ".ssh/id_ed25519"), "PRIVATE");
  const outside = join(at.home, ".ssh");
  const inside = (name: string) => join(at.workspace, name);
  symlinkSync(outside, inside("linked"));
  mkdirSync(inside("holds-link"));
  symlinkSync(join(outside, "id_ed25519"), inside("holds-link/SKILL.md"));
  symlinkSync("skills", inside("inner-link"));
  mkdirSync(inside("holds-fifo"));
  assert.equal(spawnSync("mkfifo", [inside("holds-fifo/SKILL.md")]).status, 0);
  mkdirSync(inside("huge"));
  writeFileSync(inside("huge/SKILL.md"), "");
  truncateSync(inside("huge/SKILL.md"), 10 * 1024 ** 3);
  mkdirSync(inside("many"));
  for (let index = 0; index < 2100; index += 1) writeFileSync(inside(`many/${index}`), "");
  mkdirSync(inside(`deep${"/d".repeat(30)}`), { recursive: true });
  mkdirSync(inside(".git"));

  for (const [path, message] of [
    ["linked", /linked is a link/],
    ["linked/id_ed25519", /linked is a link/],
    ["holds-link", /holds-link\/SKILL\.md is a link/],
    ["inner-link/build", /inner-link is a link/],
    ["holds-fifo", /holds-fifo\/SKILL\.md is not a regular file/],
    ["huge", /huge\/SKILL\.md is larger than/],
    ["many", /many holds more than 2000 files/],
    ["deep", /lies deeper than 16 folders/],
    ["none", /none is missing/],
    ["skills/build/SKILL.md/x", /is missing/],
    ["../home", /no "\.\."/],
    ["skills/../../.ssh", /no "\.\."/],
    ["~/.ssh", /below the project only/],
    [outside, /below the project only/],
    ["/etc/shadow", /below the project only/],
    [".", /names no file/],
    ["./", /names no file/],
    ["skills/./build", /names no file/],
    [".git", /no part of the project/],
    [".GIT/hooks", /no part of the project/],
    ["a\0b", /NUL/],
  ] as const) {
    const ways = [{ skills: [path] }, { prompt: { file: path } }];
    // Each look takes its time, and both ways are the same.
    for (const agent of path === "linked" || path === "../home" ? ways : ways.slice(0, 1)) {
      writeFileSync(at.project, JSON.stringify({ agents: { n: { provider: "test", ...agent } } }));
      for (const trusted of [false, true]) {
        if (trusted) await at.trust();
        const outcome = await at.load().then(
          (manifest) => ({ text: said(manifest), agents: Object.keys(manifest.agents) }),
          (error: Error) => ({ text: error.message, agents: [] }),
        );
        assert.deepEqual(outcome.agents, [], path);
        assert.match(outcome.text, message, path);
        assert.ok(!outcome.text.includes("PRIVATE"));
      }
    }
  }
  // A hard link is a name of its own: it holds what the project holds.
  linkSync(inside("skills/build/SKILL.md"), inside("skills/build/same.md"));
  writeFileSync(at.project, JSON.stringify({ agents: { n: { provider: "test", skills: ["./skills//build/"] } } }));
  assert.equal(said(await at.load()), "");
});

test("row 141: a trusted file may not use the operator's names or bottles, but may build on `default`", async (context) => {
  const at = project(context);
  writeFileSync(
    at.operator,
    JSON.stringify({
      bottles: {
        strong: { env: { POWER: "1" }, egress: { rules: [{ host: "strong.example.com" }] } },
        default: { egress: { rules: [{ host: "default.example.com" }] }, limits: { pids: 77 } },
        weak: { limits: { cpus: -1 } },
      },
      agents: { mine: { provider: "test" }, sick: { provider: "nope" } },
    }),
  );
  const bad = {
    bottles: {
      strong: {},
      weak: {},
      default: {},
      own: { extends: ["default"], limits: { memory: "1G" }, egress: { rules: [{ host: "own.example.com" }] } },
      thief: { extends: "strong" },
      bound: { workspace: "bind" },
    },
    agents: {
      mine: { provider: "plain" },
      sick: { provider: "plain" },
      test: { provider: "plain" },
      a: { provider: "plain", bottle: "strong" },
      b: { provider: "plain", bottle: "own" },
      c: { provider: "plain", bottle: "thief" },
      d: { provider: "plain", bottle: "default" },
      e: { provider: "plain", bottle: "bound" },
    },
  };
  writeFileSync(at.project, JSON.stringify(bad));
  await at.trust();
  const manifest = await at.load();
  const text = said(manifest);
  for (const line of [
    /bottles\.strong: the name strong is taken/,
    /bottles\.weak: the name weak is taken/,
    /bottles\.default: the name default is taken/,
    /bottles\.thief\.extends: no bottle is called strong \(there is: default, own, bound\)/,
    /bottles\.bound\.workspace: a project's file may not ask for bind/,
    /agents\.mine: the name mine is taken/,
    /agents\.sick: the name sick is taken/,
    /agents\.test: the name test is taken/,
    /agents\.a\.bottle: no bottle is called strong/,
  ]) {
    assert.match(text, line);
  }
  assert.equal(manifest.bottles.strong?.origin.by, "operator");
  assert.equal(manifest.bottles.default?.limits?.pids, 77);
  assert.equal(manifest.agents.mine?.provider, "test");
  const works = (agent: string) => selectAgent({ agent, command: null }, manifest, testRack).ok;
  assert.deepEqual(["a", "b", "c", "d", "e", "mine", "sick", "test"].filter(works), ["b", "d", "mine", "test"]);
  assert.deepEqual(manifest.bottles.own?.egress?.rules, [{ host: "own.example.com" }, { host: "default.example.com" }]);
  assert.deepEqual(manifest.bottles.own?.inherited, { "limits.pids": "default", "egress.rules[1]": "default" });
});

test("part B 41: a project cannot break the operator's bottles, trusted or not", async (context) => {
  const at = project(context);
  writeFileSync(
    at.operator,
    '{ "bottles": { "fine": {} }, "agents": { "mine": { "provider": "test", "bottle": "fine" } } }',
  );
  writeFileSync(
    at.project,
    '{ "bottles": { "fine": { "limits": 7 }, "bad": { "limits": 7 } }, "agents": { "mine": 7 } }',
  );
  for (const trusted of [false, true]) {
    if (trusted) await at.trust();
    const manifest = await at.load();
    assert.deepEqual(manifest.broken, { bottles: trusted ? ["bad"] : [], agents: [] });
    assert.equal(selectAgent({ agent: "mine", command: null }, manifest, testRack).ok, true);
  }
});
