import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { type PackageRegistry, startPackageRegistry } from "../../support/package-registry.ts";

const root = join(import.meta.dirname, "../../..");
/** Made by `npm pack`, not part of a checkout. */
const BUILT = ["dist", "man"];

describe("the published package", { skip: skipWithout("npm") }, () => {
  let area = "";
  let source = "";
  let prefix = "";
  let installed = "";
  let registry: PackageRegistry;

  const run = (program: string, args: readonly string[], cwd: string) => {
    const { NODE_TEST_CONTEXT: _nested, ...env } = process.env;
    const result = spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 120_000 });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  };

  /** As somebody with an empty home, the right Node first on PATH, and the stand-in as the only registry. */
  const asStranger = async (program: string, args: readonly string[]) => {
    const home = join(area, "home");
    const env = {
      HOME: home,
      PATH: `${join(area, "tools")}:${join(prefix, "bin")}:/usr/local/bin:/usr/bin:/bin`,
      npm_config_registry: registry.url,
      npm_config_userconfig: join(area, "npmrc"),
      npm_config_cache: join(area, "cache"),
      npm_config_update_notifier: "false",
      TMPDIR: tmpdir(),
      NODE_COMPILE_CACHE: join(area, "compiled"),
    };
    const child = spawn(program, args, { cwd: source, env, stdio: ["ignore", "pipe", "pipe"], timeout: 200_000 });
    const [stdout, stderr, status] = await Promise.all([
      child.stdout.setEncoding("utf8").toArray(),
      child.stderr.setEncoding("utf8").toArray(),
      new Promise<number | null>((resolve) => child.once("close", resolve)),
    ]);
    return { status, stdout: stdout.join(""), stderr: stderr.join("") };
  };

  before(async () => {
    area = mkdtempSync(join(tmpdir(), "package-"));
    source = join(area, "source");
    prefix = join(area, "prefix");
    for (const folder of [source, prefix, join(area, "tools"), join(area, "home")]) mkdirSync(folder);
    symlinkSync(process.execPath, join(area, "tools", "node"));
    const manifest: { files: string[] } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const parts = [
      ...manifest.files,
      "package.json",
      "package-lock.json",
      "src",
      "scripts",
      "tsconfig.json",
      "tsconfig.build.json",
    ];
    for (const part of parts.filter((name) => !BUILT.includes(name) && existsSync(join(root, name)))) {
      cpSync(join(root, part), join(source, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
    const packed = run("npm", ["pack", "--pack-destination", area], source);
    assert.equal(packed.status, 0, packed.stderr);
    const tarball = readdirSync(area).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball, packed.stdout);

    registry = await startPackageRegistry(root);
    writeFileSync(join(area, "npmrc"), `//${new URL(registry.url).host}/:_authToken=made-up\n`);
    const words = ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", join(area, tarball)];
    const done = await asStranger("npm", words);
    assert.equal(done.status, 0, done.stderr);
    installed = join(prefix, "lib/node_modules/bot-bottle");
  });

  after(() => {
    registry.close();
    rmSync(area, { recursive: true });
  });

  test("npm installs it into an empty prefix: the command, and a manual page for each verb", () => {
    assert.match(readlinkSync(join(prefix, "bin/bottle")), /bot-bottle\/bin\/bottle\.cjs$/);
    const pages = readdirSync(join(prefix, "share/man/man1"));
    for (const page of ["bottle.1", "bottle-start.1", "bottle-cp.1"]) assert.ok(pages.includes(page), pages.join());
    assert.match(readFileSync(join(prefix, "share/man/man1/bottle-start.1"), "utf8"), /^\.TH "BOTTLE\\-START" 1/m);
  });

  test("installed, bottle doctor and bottle demo run", {
    skip: skipWithout("bubblewrap", "perl", "claude"),
  }, async () => {
    symlinkSync(claudeBinary() ?? "", join(area, "tools", "claude"));
    const doctor = await asStranger("bottle", ["doctor"]);
    assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
    assert.match(doctor.stdout, /bottles can start here/);
    const demo = await asStranger("bottle", ["demo", "--format", "json"]);
    assert.equal(demo.status, 0, demo.stdout + demo.stderr);
    assert.equal(JSON.parse(demo.stdout).ok, true);
  });

  test("npm publish --dry-run has nothing to warn of", async () => {
    const published = await asStranger("npm", ["publish", "--dry-run", "--ignore-scripts"]);
    assert.equal(published.status, 0, published.stderr);
    assert.doesNotMatch(published.stderr, /npm (?:warn|error)/i);
    assert.match(published.stdout, /^\+ bot-bottle@/m);
    assert.deepEqual(
      registry.asked.filter((request) => !request.startsWith("GET ")),
      [],
    );
  });

  test("holds the compiled program, its documents, schema, examples and manual, no sources and no tests", () => {
    const names = readdirSync(installed);
    for (const name of ["bin", "dist", "docs", "examples", "images", "man", "LICENSE", "README.md", "package.json"])
      assert.ok(names.includes(name), name);
    assert.deepEqual(readdirSync(join(installed, "docs")), ["bot-bottle.schema.json"]);
    for (const name of ["src", "test", "scripts", "bench"]) assert.ok(!names.includes(name), name);
  });

  test("it brings all that its images are built from: Dockerfiles, its own compiled code and the libraries", () => {
    const script = `import(process.argv[1]).then(({ ownCode }) => console.log(JSON.stringify(ownCode("app").map((file) => file.path))))`;
    const module = join(installed, "dist/backends/docker/images/own-code.js");
    const { status, stdout, stderr } = run(process.execPath, ["-e", script, module], "/");
    assert.equal(status, 0, stderr);
    const paths: readonly string[] = JSON.parse(stdout);
    for (const path of ["sidecar", "package.json", "dist/sidecar/main.js", "node_modules/undici/package.json"])
      assert.ok(paths.includes(`app/${path}`), path);
    assert.ok(!paths.some((path) => path.endsWith(".ts")));
    for (const name of ["claude", "sidecar"]) readFileSync(join(installed, "images", name, "Dockerfile"));
  });

  test("its command shows the help and the version", () => {
    const help = run(process.execPath, [join(installed, "bin/bottle.cjs"), "--help"], "/");
    assert.equal(help.status, 0, help.stderr);
    assert.match(help.stdout, /start\b.*\[agent\]/);
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
