import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { toolNotes } from "../../../src/host/project-tools.ts";
import { findEquipment } from "../../../src/host/toolchains.ts";

const uid = process.getuid?.() ?? 0;

/** A home with these files; a text that ends in "/" is an empty folder. */
function homeWith(context: TestContext, files: Readonly<Record<string, string>>): string {
  const home = mkdtempSync(join(tmpdir(), "tools-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode: 0o755 });
  }
  return home;
}

test("a variable of the operator comes first, then the usual folder; what is not there is not shown", async (context) => {
  const home = homeWith(context, {
    ".nvm/versions/node/v20.1.0/bin/node": "",
    "own/versions/node/v22.1.0/bin/node": "",
    "own/alias/default": "22",
    "own/alias/lts/iron": "v20.1.0",
    "own/nvm.sh": "",
    "own/secret": "x",
  });
  const usual = await findEquipment({ tools: ["nvm"] }, { home, env: {}, uid });
  const place = usual.tools.nvm?.nvm;
  assert.ok(place !== undefined && "path" in place);
  assert.equal(place.path, join(home, ".nvm"));
  const named = (await findEquipment({ tools: ["nvm"] }, { home, env: { NVM_DIR: join(home, "own") }, uid })).tools.nvm
    ?.nvm;
  assert.ok(named !== undefined && "path" in named);
  assert.deepEqual(
    named.shown.map(({ part, file }) => [part, file]),
    [
      ["versions/node", false],
      ["alias", false],
      ["nvm.sh", true],
    ],
  );
  assert.deepEqual(named.entries, { "versions/node": ["v22.1.0"] });
  assert.deepEqual(named.texts, { "alias/default": "22", "alias/lts/iron": "v20.1.0" });
});

test("what was tried is told: variables that are not set, folders that are not there", async (context) => {
  const home = homeWith(context, {});
  const { tools, caches } = await findEquipment(
    { tools: ["pyenv"], caches: { go: "read-only" } },
    { home, env: { PYENV_ROOT: "relative", GOPATH: "/nonexistent/go" }, uid },
  );
  assert.deepEqual(tools.pyenv?.pyenv, { tried: ["$PYENV_ROOT (not set)", join(home, ".pyenv")] });
  assert.deepEqual(caches.go, {
    tried: [
      "$GOMODCACHE/cache/download (not set)",
      "/nonexistent/go/pkg/mod/cache/download ($GOPATH/pkg/mod/cache/download)",
      join(home, "go/pkg/mod/cache/download"),
    ],
  });
});

test("a folder that the agent of root could not read counts as missing, and that is said", async (context) => {
  const home = homeWith(context, { ".bun/bin/bun": "" });
  chmodSync(join(home, ".bun/bin"), 0o700);
  const { tools } = await findEquipment({ tools: ["bun"] }, { home, env: {}, uid: 0 });
  assert.deepEqual(tools.bun?.bun, {
    tried: ["$BUN_INSTALL (not set)", `${join(home, ".bun")} (the agent may not read it)`],
  });
});

test("links are followed to what will be mounted; pipes and large files are not read", async (context) => {
  const home = homeWith(context, { "data/versions/node/v1.2.3/bin/node": "", "data/alias/big": "x".repeat(5000) });
  spawnSync("mkfifo", [join(home, "data/alias/pipe")]);
  symlinkSync(join(home, "data"), join(home, ".nvm"));
  const place = (await findEquipment({ tools: ["nvm"] }, { home, env: {}, uid })).tools.nvm?.nvm;
  assert.ok(place !== undefined && "path" in place);
  assert.deepEqual([place.path, place.shown[0]?.real], [join(home, ".nvm"), join(home, "data/versions/node")]);
  assert.deepEqual(place.texts, {});
});

test("a project whose tools the bottle does not show: a note that names what would show them", async (context) => {
  const home = homeWith(context, {
    "project/Cargo.toml": "",
    ".rustup/toolchains/stable/bin/cargo": "",
    ".cargo/bin/cargo": "",
  });
  const surroundings = { home, env: {}, uid };
  const project = join(home, "project");
  const notes = await toolNotes({ mounts: [] }, "/home/agent/.local/bin:/nowhere", project, surroundings);
  assert.deepEqual(notes, [
    'the project has a Cargo.toml, and the bottle shows no cargo; "tools": ["rustup"] in the manifest shows that of this host',
  ]);
  const mounts = [{ host: join(home, ".cargo/bin"), guest: "/opt/tools/cargo" }];
  assert.deepEqual(await toolNotes({ mounts }, "/opt/tools/cargo", project, surroundings), []);
});

test("asdf and mise: each tool, each version and what lies in it is looked at, and the operator's defaults are read", async (context) => {
  const home = homeWith(context, {
    ".asdf/installs/node/20.1.0/bin/node": "",
    ".asdf/installs/jq/1.7/jq": "",
    ".asdf/plugins/x": "",
    ".tool-versions": "node 20.1.0\n",
  });
  const place = (await findEquipment({ tools: ["asdf"] }, { home, env: {}, uid })).tools.asdf?.asdf;
  assert.ok(place !== undefined && "path" in place);
  assert.deepEqual(place.entries, {
    installs: ["jq", "node"],
    "installs/jq": ["1.7"],
    "installs/node": ["20.1.0"],
    "installs/jq/1.7": ["jq"],
    "installs/node/20.1.0": ["bin"],
  });
  assert.deepEqual(place.texts, { "~/.tool-versions": "node 20.1.0\n" });
  assert.deepEqual(
    place.shown.map(({ part }) => part),
    ["installs"],
  );
});
