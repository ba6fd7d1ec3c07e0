import assert from "node:assert/strict";
import { test } from "node:test";
import { executedBy, impossiblePath } from "../../../src/core/work/executed-paths.ts";
import fc from "../../support/properties.ts";

test("row 87: files that git, shells, editors, agents, package managers and CI run by themselves are known", () => {
  const run = [
    [".gitattributes", "filters"],
    ["deep/down/.gitattributes", "filters"],
    [".gitmodules", "repositories"],
    [".husky/pre-commit", "hooks"],
    [".githooks/x", "hooks"],
    ["sub/hooks/pre-push", "hooks"],
    [".pre-commit-config.yaml", "hooks"],
    [".lintstagedrc.json", "hooks"],
    ["lefthook-local.yml", "hooks"],
    [".envrc", "shells"],
    ["app/.envrc", "shells"],
    [".vscode/settings.json", "editors"],
    ["x/.idea/workspace.xml", "editors"],
    ["x.code-workspace", "editors"],
    [".claude/settings.json", "agents"],
    [".cursor/rules/x.mdc", "agents"],
    [".mcp.json", "agents"],
    ["CLAUDE.md", "agents"],
    ["CLAUDE.local.md", "agents"],
    ["packages/x/AGENTS.md", "agents"],
    [".github/workflows/ci.yml", "CI"],
    [".github/actions/x/action.yml", "CI"],
    [".gitlab-ci.yml", "CI"],
    ["Jenkinsfile", "CI"],
    [".circleci/config.yml", "CI"],
    [".npmrc", "package managers"],
    [".yarnrc.yml", "package managers"],
    [".yarn/releases/yarn.cjs", "package managers"],
    [".pnpmfile.cjs", "package managers"],
    ["setup.py", "package managers"],
    ["tests/conftest.py", "test runners"],
    ["build.rs", "cargo"],
    [".cargo/config.toml", "cargo"],
    ["bot-bottle.json", "bottle"],
  ] as const;
  for (const [path, word] of run) assert.match(executedBy(path) ?? "", new RegExp(word), path);
});

test("what runs only when it is called by name is like any source", () => {
  for (const path of [
    "src/main.ts",
    "Makefile",
    "Dockerfile",
    "README.md",
    "src/hooks.ts",
    "src/hooks/useUpdate.ts",
    "github/workflows/x",
    "claude",
    "agents/x",
    "tests/test_a.py",
    "envrc",
    "a.gitattributes",
    "package.json",
  ]) {
    assert.equal(executedBy(path), null, path);
  }
});

test("row 87: neither case nor what some disks leave out of a name hides a path", () => {
  for (const path of [
    ".GITATTRIBUTES",
    ".Husky/x",
    ".EnvRc",
    ".vscode./x",
    ".vscode /x",
    ".cl\u200caude/x",
    "ＣＬＡＵＤＥ.md",
    ".envrc::$DATA",
    "JENKINSFILE",
  ]) {
    assert.notEqual(executedBy(path), null, path);
  }
  fc.assert(
    fc.property(
      fc.constantFrom(".envrc", ".husky/x", ".mcp.json", "a/.npmrc"),
      fc.array(fc.boolean()),
      (path, flips) => {
        const mixed = [...path].map((char, index) => (flips[index] ? char.toUpperCase() : char)).join("");
        assert.notEqual(executedBy(mixed), null, mixed);
      },
    ),
  );
});

test("row 139: git's own folder is no path of a file, in no spelling", () => {
  const impossible = [
    ".git/config",
    "a/.git",
    ".GIT/hooks/x",
    ".git./x",
    ".git /x",
    "git~1/x",
    "GIT~12",
    ".g\u200cit/x",
    ".git::$INDEX_ALLOCATION/x",
    "a\\.git\\x",
    "..",
    "a/../b",
    "./a",
    "",
    "a//b",
    "/a",
    "a/",
  ];
  for (const path of impossible) assert.notEqual(impossiblePath(path), null, JSON.stringify(path));
  for (const path of [".gitignore", ".github/x", "git", "a.git/x", "git~", "...", "a b/c", "x\\y"])
    assert.equal(impossiblePath(path), null, path);
});
