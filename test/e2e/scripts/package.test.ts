import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";

const root = join(import.meta.dirname, "../../..");

describe("the published package", { skip: skipWithout("npm") }, () => {
  let area = "";
  let installed = "";

  const run = (program: string, args: readonly string[], cwd: string) => {
    const { NODE_TEST_CONTEXT: _nested, ...env } = process.env;
    const result = spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  };

  before(() => {
    area = mkdtempSync(join(tmpdir(), "package-"));
    const source = join(area, "source");
    mkdirSync(source);
    const manifest: { files: string[]; dependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    );
    const parts = [
      ...manifest.files,
      "package.json",
      "package-lock.json",
      "src",
      "scripts",
      "tsconfig.json",
      "tsconfig.build.json",
    ];
    for (const part of parts.filter((name) => name !== "dist" && existsSync(join(root, name)))) {
      cpSync(join(root, part), join(source, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"));

    const packed = run("npm", ["pack", "--pack-destination", area], source);
    assert.equal(packed.status, 0, packed.stderr);
    const tarball = readdirSync(area).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball, packed.stdout);

    // As `npm install` would place it, with nothing beside it but what it declares.
    const modules = join(area, "node_modules");
    mkdirSync(modules);
    for (const name of Object.keys(manifest.dependencies))
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    assert.equal(run("tar", ["-xzf", join(area, tarball), "-C", modules], area).status, 0);
    installed = join(modules, "bot-bottle");
    cpSync(join(modules, "package"), installed, { recursive: true });
  });

  after(() => rmSync(area, { recursive: true }));

  test("holds the compiled program and its documents, no sources and no tests", () => {
    const names = readdirSync(installed);
    for (const name of ["bin", "dist", "LICENSE", "README.md", "package.json"]) assert.ok(names.includes(name), name);
    for (const name of ["src", "test", "scripts", "bench"]) assert.ok(!names.includes(name), name);
  });

  test("its command shows the help and the version", () => {
    const help = run(process.execPath, [join(installed, "bin/bottle.cjs"), "--help"], "/");
    assert.equal(help.status, 0, help.stderr);
    assert.match(help.stdout, /start\b.*<agent>/);
    const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const told = run(process.execPath, [join(installed, "bin/bottle.cjs"), "--version"], "/");
    assert.equal(told.stdout, `bottle ${version}\n`);
  });

  test("its command is the same program as dist/cli/main.js, usage errors included", () => {
    const main = run(process.execPath, [join(installed, "dist/cli/main.js"), "no-such-verb"], "/");
    const bin = run(process.execPath, [join(installed, "bin/bottle.cjs"), "no-such-verb"], "/");
    assert.equal(main.status, 2, main.stderr);
    assert.deepEqual(bin, main);
  });

  test("on an old Node it says in one line which one is needed", () => {
    // Stands in for an old Node: the same file with another version told.
    const pretend =
      'Object.defineProperty(process, "versions", { value: { node: "18.20.0" } }); require(process.argv[1]);';
    const result = run(process.execPath, ["-e", pretend, join(installed, "bin/bottle.cjs")], "/");
    assert.deepEqual(result, {
      status: 4,
      stdout: "",
      stderr: "bottle: needs Node 24 or newer, and this is Node 18.20.0\n",
    });
  });

  test("row 138: SIGUSR1 opens no inspector", () => {
    const script = `
      process.argv = [process.argv[0], process.argv[1], "--version"];
      require(${JSON.stringify(join(installed, "bin/bottle.cjs"))});
      process.kill(process.pid, "SIGUSR1");
      setTimeout(() => { console.log(require("node:inspector").url() === undefined); process.exit(0); }, 200);
      process.exit = () => {};`;
    const result = run(process.execPath, ["-e", script, "x"], "/");
    assert.match(result.stdout, /true/, result.stderr);
    assert.doesNotMatch(result.stderr, /Debugger listening/);
  });
});
