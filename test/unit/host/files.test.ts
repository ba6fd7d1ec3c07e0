import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { refuseWorkspace } from "../../../src/core/plan/workspace-refusals.ts";
import { isTempName, readTextFile, writeFileAtomically } from "../../../src/host/files.ts";
import { protectedFolders } from "../../../src/host/protected-folders.ts";
import { layoutOf } from "../../../src/state/layout.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "files-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("a file is replaced whole, 0600, through no link, and nothing else stays in its folder", async (context) => {
  const at = folder(context);
  const path = join(at, "x.json");
  writeFileSync(join(at, "other"), "other");
  symlinkSync(join(at, "other"), path);
  await writeFileAtomically(path, "one");
  assert.equal(readFileSync(join(at, "other"), "utf8"), "other");
  await Promise.all(Array.from({ length: 10 }, () => writeFileAtomically(path, "two")));
  assert.equal(readFileSync(path, "utf8"), "two");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(at), ["other", "x.json"]);
  await assert.rejects(writeFileAtomically(join(at, "missing/x"), ""));
  mkdirSync(join(at, "folder"));
  await assert.rejects(writeFileAtomically(join(at, "folder"), ""));
  assert.ok(!readdirSync(at).some(isTempName));
});

test("reading tells missing from unreadable and keeps to its cap", async (context) => {
  const at = folder(context);
  const path = join(at, "x");
  assert.equal((await readTextFile(path)).kind, "missing");
  assert.equal((await readTextFile(join(path, "y"))).kind, "missing");
  writeFileSync(path, "é\n");
  assert.deepEqual(await readTextFile(path), {
    kind: "text",
    text: "é\n",
    mode: statSync(path).mode & 0o7777,
    uid: process.getuid?.(),
  });
  assert.equal((await readTextFile(path, { maxBytes: 3 })).kind, "text");
  assert.equal((await readTextFile(path, { maxBytes: 2 })).kind, "unreadable");
  // Files in /proc say that they are empty and are not.
  assert.equal((await readTextFile("/proc/cpuinfo", { maxBytes: 10 })).kind, "unreadable");
  const whole = await readTextFile("/proc/filesystems");
  assert.equal(whole.kind === "text" && whole.text, readFileSync("/proc/filesystems", "utf8"));
  symlinkSync(path, join(at, "link"));
  assert.equal((await readTextFile(join(at, "link"))).kind, "text");
  assert.equal((await readTextFile(join(at, "link"), { followLinks: false })).kind, "unreadable");
  assert.equal((await readTextFile(at)).kind, "unreadable");
});

test("row 140: home, /, state, credential and system folders are refused, through links too; a project is not", async (context) => {
  const base = await realpath(folder(context));
  const real = join(base, "disk/op");
  mkdirSync(join(real, ".ssh"), { recursive: true });
  mkdirSync(join(real, "project"));
  const home = join(base, "home");
  symlinkSync(real, home);
  mkdirSync(join(base, "temp/work"), { recursive: true });
  const env = { TMPDIR: join(base, "temp"), XDG_RUNTIME_DIR: join(base, "runtime") };
  mkdirSync(join(env.XDG_RUNTIME_DIR, "x"), { recursive: true });
  const layout = layoutOf(env, home, process.getuid?.() ?? 0);
  for (const path of [layout.state, layout.config, layout.cache, layout.bottles]) mkdirSync(path, { recursive: true });
  const folders = await protectedFolders(home, layout, env);
  const judge = async (path: string) => refuseWorkspace(await realpath(path), folders, "copy");

  for (const path of [
    "/",
    "/etc",
    "/usr/local",
    "/tmp",
    "/var",
    "/proc/self",
    "/dev",
    "/run",
    base,
    home,
    real,
    join(home, ".ssh"),
    layout.state,
    layout.bottles,
    layout.config,
    layout.cache,
    env.TMPDIR,
    env.XDG_RUNTIME_DIR,
    join(env.XDG_RUNTIME_DIR, "x"),
  ]) {
    assert.notEqual(await judge(path), null, path);
  }
  symlinkSync(join(real, ".ssh"), join(real, "project/keys"));
  assert.notEqual(await judge(join(real, "project/keys")), null);
  for (const path of [join(home, "project"), join(base, "temp/work")]) assert.equal(await judge(path), null, path);
});

const BOTH = ["copy", "bind"] as const;
const NEITHER: readonly ("copy" | "bind")[] = [];
for (const [below, refused] of [
  ["bin", ["bind"]],
  ["bin/tools", ["bind"]],
  [".config", BOTH],
  [".config/nvim", ["bind"]],
  [".config/fish/functions", ["bind"]],
  [".config/gh", BOTH],
  [".config/git", BOTH],
  [".config/systemd/user", BOTH],
  [".config/autostart", BOTH],
  [".local", BOTH],
  [".local/bin", BOTH],
  [".local/share", BOTH],
  [".local/share/applications", ["bind"]],
  [".local/share/keyrings", BOTH],
  [".local/lib/python3", ["bind"]],
  [".ssh", BOTH],
  [".ssh/keys", BOTH],
  [".gnupg", BOTH],
  [".aws/cli", BOTH],
  [".kube", BOTH],
  [".docker", BOTH],
  [".password-store/team", BOTH],
  [".claude/projects", BOTH],
  [".cargo", BOTH],
  [".cargo/bin", ["bind"]],
  [".vim/plugin", ["bind"]],
  [".vscode/extensions", ["bind"]],
  [".oh-my-zsh/custom", ["bind"]],
  [".nvm", ["bind"]],
  ["go", ["bind"]],
  ["go/bin", ["bind"]],
  ["conf/tool", ["bind"]],
  ["go/src/app", NEITHER],
  ["binary", NEITHER],
  ["src/.config", NEITHER],
  ["project", NEITHER],
] as const) {
  test(`row 140: ~/${below} is ${refused.length === 0 ? "given" : `refused for ${refused.join(" and ")}`}`, async () => {
    const home = "/home/of-nobody";
    const env = { XDG_CONFIG_HOME: `${home}/conf` };
    const folders = await protectedFolders(home, layoutOf({}, home, 1), env);
    const judged = BOTH.filter((mode) => refuseWorkspace(`${home}/${below}`, folders, mode) !== null);
    assert.deepEqual(judged, refused);
  });
}
