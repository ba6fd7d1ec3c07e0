import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makePrivateFolder } from "../../../src/host/files.ts";
import { bootId } from "../../../src/host/process-identity.ts";
import { layoutOf, livePaths } from "../../../src/state/layout.ts";
import { listRunFolders, newRunFolder, ownerOfRunFolder } from "../../../src/state/run-folder.ts";
import { skipWithout } from "../../support/needs.ts";

const uid = process.getuid?.() ?? 0;

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "layout-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("folders follow the XDG variables; relative ones are ignored", () => {
  const given = layoutOf({ XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s", XDG_CACHE_HOME: "/k" }, "/home/op", uid);
  assert.equal(given.operatorManifest, "/c/bot-bottle/bot-bottle.json");
  assert.equal(given.bottles, "/s/bot-bottle/bottles");
  assert.equal(given.cache, "/k/bot-bottle");
  const relative = layoutOf({ XDG_STATE_HOME: "s", XDG_CONFIG_HOME: "" }, "/home/op", uid);
  assert.equal(relative.state, "/home/op/.local/state/bot-bottle");
  assert.equal(relative.config, "/home/op/.config/bot-bottle");
});

test("sockets lie in XDG_RUNTIME_DIR only when it is ours, closed and short enough for every socket path", (context) => {
  const own = folder(context);
  chmodSync(own, 0o700);
  const fallback = `/tmp/bot-bottle-${uid}`;
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: own }, "/h", uid).runtime, join(own, "bot-bottle"));
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: own }, "/h", uid + 1).runtime, `/tmp/bot-bottle-${uid + 1}`);
  assert.equal(layoutOf({}, "/h", uid).runtime, fallback);
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: "/nonexistent" }, "/h", uid).runtime, fallback);
  symlinkSync(own, `${own}/link`);
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: `${own}/link` }, "/h", uid).runtime, fallback);
  const long = join(own, "x".repeat(60));
  mkdirSync(long, { mode: 0o700 });
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: long }, "/h", uid).runtime, fallback);
  chmodSync(own, 0o755);
  assert.equal(layoutOf({ XDG_RUNTIME_DIR: own }, "/h", uid).runtime, fallback);
});

test("the longest-lived host process still gives a socket path of at most 107 bytes", (context) => {
  const own = folder(context);
  chmodSync(own, 0o700);
  for (let pad = 1; pad < 60; pad += 1) {
    const runtime = join(own, "p".repeat(pad));
    mkdirSync(runtime, { mode: 0o700 });
    const layout = layoutOf({ XDG_RUNTIME_DIR: runtime }, "/h", uid);
    const run = newRunFolder(layout.runtime, { pid: 4_194_304, startTime: 99_999_999_999, bootId: "b" });
    assert.ok(Buffer.byteLength(livePaths(layout, { name: "n".repeat(41), run }).control) <= 107);
  }
});

test("a record's own runtime folder wins over what this shell would compute", () => {
  const layout = layoutOf({}, "/h", uid);
  assert.equal(livePaths(layout, { name: "a", run: "/run/user/7/x" }).control, "/run/user/7/x/control.sock");
});

test("a private folder is made closed, an open one of ours is closed", async (context) => {
  const at = folder(context);
  const made = join(at, "a/b");
  await makePrivateFolder(made, uid);
  assert.equal(statSync(made).mode & 0o777, 0o700);
  assert.equal(statSync(join(at, "a")).mode & 0o777, 0o700);
  for (const mode of [0o777, 0o000]) {
    chmodSync(made, mode);
    await makePrivateFolder(made, uid);
    assert.equal(statSync(made).mode & 0o777, 0o700);
  }
});

test("a folder in a shared place that is a link, a file or another's is refused", async (context) => {
  const at = folder(context);
  mkdirSync(join(at, "real"));
  symlinkSync(join(at, "real"), join(at, "link"));
  writeFileSync(join(at, "file"), "");
  await assert.rejects(makePrivateFolder(join(at, "link"), uid), { code: "STATE_UNUSABLE" });
  await assert.rejects(makePrivateFolder(join(at, "file"), uid), { code: "STATE_UNUSABLE" });
  await assert.rejects(makePrivateFolder(join(at, "real"), uid + 1), { code: "STATE_UNUSABLE" });
});

test("a folder that another user made first is refused", { skip: skipWithout("root") }, async (context) => {
  const at = folder(context);
  mkdirSync(join(at, "x"));
  chownSync(join(at, "x"), 1500, 1500);
  await assert.rejects(makePrivateFolder(join(at, "x"), 0), /belongs to user 1500/);
});

test("no two bottles share a runtime folder, whatever they are called and whichever state folder they are of", async (context) => {
  const runtime = folder(context);
  const host = { pid: 7, startTime: 11, bootId: bootId() };
  const [one, two] = [newRunFolder(runtime, host), newRunFolder(runtime, host)];
  assert.notEqual(one, two);
  assert.deepEqual(ownerOfRunFolder(one), host);
  mkdirSync(one);
  mkdirSync(join(runtime, "somebody-elses"));
  assert.deepEqual(await listRunFolders(runtime, uid), [one]);
  assert.deepEqual(await listRunFolders(runtime, uid + 1), [], "of another user");
  assert.equal(ownerOfRunFolder("/home/op"), null);
});
