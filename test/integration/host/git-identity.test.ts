import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gitConfigText } from "../../../src/core/plan/git-config.ts";
import { gitIdentity } from "../../../src/host/git-identity.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import fc from "../../support/properties.ts";

const skip = skipWithout("git");
const git = programPath("git") ?? "";

interface Place {
  readonly home: string;
  readonly project: string;
  run(...args: string[]): void;
  identity(): ReturnType<typeof gitIdentity>;
}

function place(context: TestContext): Place {
  const home = mkdtempSync(join(tmpdir(), "git-home-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const project = join(home, "project");
  mkdirSync(project);
  const env = { HOME: home, PATH: "/usr/bin:/bin", GIT_CONFIG_NOSYSTEM: "1" };
  return {
    home,
    project,
    run: (...args) => void execFileSync(git, ["-C", project, ...args], { env, stdio: "pipe" }),
    identity: () => gitIdentity(project, { tools: { git } }, { HOME: home, GIT_DIR: "/nonexistent", SECRET: "x" }),
  };
}

test("the operator's own settings, those for this folder, and those of the repository, in git's order", {
  skip,
}, async (context) => {
  const at = place(context);
  assert.deepEqual([(await at.identity()).name, (await at.identity()).email], [null, null]);
  writeFileSync(
    join(at.home, ".gitconfig"),
    `[user]\n name = Op\n email = op@example.com\n[init]\n defaultBranch = trunk\n[includeIf "gitdir:${at.project}/"]\n path = work.inc\n`,
  );
  writeFileSync(join(at.home, "work.inc"), "[user]\n email = op@work.example.com\n");
  assert.deepEqual(await at.identity(), { name: "Op", email: "op@example.com", defaultBranch: "trunk" });
  at.run("init", "--quiet");
  assert.equal((await at.identity()).email, "op@work.example.com");
  at.run("config", "user.name", "Here");
  assert.equal((await at.identity()).name, "Here");
});

test("row 145: a hostile repository runs nothing, and takes no name away that it cannot read", {
  skip,
}, async (context) => {
  const at = place(context);
  writeFileSync(join(at.home, ".gitconfig"), "[user]\n name = Op\n email = op@example.com\n");
  at.run("init", "--quiet");
  const mark = join(at.home, "ran");
  const hostile = `touch ${mark}`;
  for (const key of [
    "core.fsmonitor",
    "core.pager",
    "pager.config",
    "core.sshCommand",
    "diff.external",
    "alias.config",
  ]) {
    at.run("config", key, key.startsWith("alias") ? `!${hostile}` : hostile);
  }
  at.run("config", "core.hooksPath", at.project);
  assert.equal((await at.identity()).name, "Op");
  assert.ok(!existsSync(mark));
  writeFileSync(join(at.project, ".git/config"), "[core\n broken");
  assert.equal((await at.identity()).name, "Op");
  rmSync(join(at.project, ".git/config"));
  assert.equal(spawnSync("mkfifo", [join(at.project, ".git/config")]).status, 0);
  assert.equal((await at.identity()).name, "Op");
});

test("row 129: a name of the repository is cut and cleaned; a branch must be one", { skip }, async (context) => {
  const at = place(context);
  at.run("init", "--quiet");
  at.run("config", "user.name", `\u001b]0;x\u0007<Evil>\u202e ${"n".repeat(500)}`);
  at.run("config", "init.defaultBranch", "../../x");
  const { name, defaultBranch } = await at.identity();
  assert.ok(name !== null && name.length <= 256 && name.startsWith("]0;xEvil n"), String(name));
  assert.equal(defaultBranch, null);
});

test("git reads back exactly the name that was written, whatever is in it", { skip }, (context) => {
  const at = place(context);
  const file = join(at.home, "written");
  const text = fc.string({ unit: fc.constantFrom(..."ab\"\\;#[]= \t'ä漢"), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(text, text, (name, workspace) => {
      writeFileSync(file, gitConfigText({ name, email: null, defaultBranch: null }, workspace));
      const get = (key: string) =>
        execFileSync(git, ["config", "--file", file, "--null", "--get", key]).toString().slice(0, -1);
      assert.equal(get("user.name"), name);
      assert.equal(get("safe.directory"), workspace);
      assert.equal(get("credential.helper"), "");
      assert.equal(get("commit.gpgsign"), "false");
    }),
    { numRuns: 60 },
  );
});
