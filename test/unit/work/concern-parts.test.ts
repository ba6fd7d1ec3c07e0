import assert from "node:assert/strict";
import { test } from "node:test";
import { linkLeaves } from "../../../src/core/work/links.ts";
import { packageScriptChanges } from "../../../src/core/work/package-scripts.ts";
import { silenced } from "../../../src/host/operator-git.ts";

test("row 143: a link that leads out of the tree, or into git's own folder", () => {
  for (const [path, target] of [
    ["a", "/etc"],
    ["a", ".."],
    ["a", "../x"],
    ["d/a", "../../x"],
    ["d/e/a", "../../../x"],
    ["a", "b/../../x"],
    ["a", ".git/hooks"],
    ["d/a", "../.GIT/config"],
    ["a", ""],
    ["a", "~/x"],
  ] as const) {
    assert.equal(linkLeaves(path, target), true, `${path} -> ${target}`);
  }
  for (const [path, target] of [
    ["a", "b"],
    ["d/a", "../x"],
    ["d/e/a", "../../x"],
    ["a", "./b/../c"],
    ["a", "..x"],
    ["d/a", ".."],
  ] as const) {
    assert.equal(linkLeaves(path, target), false, `${path} -> ${target}`);
  }
});

test("row 87: of a package.json counts what makes a package manager run or fetch something", () => {
  const base = JSON.stringify({
    name: "x",
    version: "1.0.0",
    scripts: { test: "node --test" },
    dependencies: { zod: "4" },
  });
  const changed = (change: object) => packageScriptChanges(base, JSON.stringify({ ...JSON.parse(base), ...change }));
  assert.deepEqual(changed({ version: "2.0.0", description: "y", keywords: [] }), []);
  assert.deepEqual(changed({ scripts: { test: "node --test", postinstall: "x" } }), ["scripts"]);
  assert.deepEqual(changed({ bin: "x.js", dependencies: {} }), ["bin", "dependencies"]);
  assert.deepEqual(packageScriptChanges(null, '{ "name": "x" }'), []);
  assert.deepEqual(packageScriptChanges(null, '{ "scripts": {} }'), ["scripts"]);
  assert.deepEqual(packageScriptChanges(base, "{"), ["a text that is no JSON"]);
  assert.deepEqual(packageScriptChanges("{", base), ["a text that is no JSON"]);
  assert.deepEqual(packageScriptChanges(base, null), []);
});

test("row 139: each driver that a configuration defines is taken out, whatever its name", () => {
  const settings = new Map(
    silenced([
      "filter.lfs.clean",
      "filter.lfs.required",
      "filter.a.b\nc.smudge",
      "diff.x.textconv",
      "merge.ours.driver",
      "merge.ff",
      "diff.external",
      "gpg.ssh.program",
      "core.editor",
    ]),
  );
  for (const key of [
    "filter.lfs.clean",
    "filter.lfs.smudge",
    "filter.lfs.process",
    "filter.a.b\nc.process",
    "diff.x.command",
    "diff.x.textconv",
  ])
    assert.equal(settings.get(key), "", key);
  assert.equal(settings.get("filter.lfs.required"), "false");
  assert.match(settings.get("merge.ours.driver") ?? "", /^git merge-file /);
  assert.equal(settings.get("gpg.ssh.program"), "/bin/false");
  assert.equal(settings.has("merge.ff"), false);
});
