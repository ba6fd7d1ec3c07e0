import assert from "node:assert/strict";
import { test } from "node:test";
import { PROTECTED_PATHS, protector } from "../../../src/core/gitgate/protected-paths.ts";

test("what runs elsewhere is protected, in any case of letters and in any folder where that counts", () => {
  for (const path of [
    ".github/workflows/ci.yml",
    ".GitHub/Workflows/ci.yml",
    ".gitlab-ci.yml",
    "sub/.gitlab-ci.yml",
    ".gitattributes",
    "deep/down/.gitattributes",
    ".gitmodules",
    ".husky/pre-commit",
    "Jenkinsfile",
    ".github/workflows",
    ".github",
  ]) {
    assert.notEqual(protector(path, PROTECTED_PATHS), null, path);
  }
  for (const path of [
    "src/a.ts",
    ".github/ISSUE_TEMPLATE.md",
    "x.gitattributes",
    "docs/Jenkinsfile.md",
    ".githubx/workflows/a",
  ]) {
    assert.equal(protector(path, PROTECTED_PATHS), null, path);
  }
  assert.equal(protector("ops/deploy.sh", ["ops/"]), "ops/");
  assert.equal(protector("a/ops/deploy.sh", ["ops/deploy.sh"]), null);
});
