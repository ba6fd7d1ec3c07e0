import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Spool } from "../../../src/host/spool.ts";
import { TreeProblem, TreeWriter } from "../../../src/host/tree-writer.ts";

function place(context: TestContext) {
  const top = mkdtempSync(join(tmpdir(), "tree-"));
  context.after(() => rmSync(top, { recursive: true, force: true }));
  const [tree, elsewhere] = [join(top, "tree"), join(top, "elsewhere")];
  for (const folder of [tree, elsewhere]) mkdirSync(folder);
  return { tree, elsewhere };
}

function put(writer: TreeWriter, path: string, text: string, mode = 0o644): void {
  writer.open(path, mode);
  writer.write(Buffer.from(text));
  writer.close(1_600_000_000);
}

const open = () => readdirSync("/proc/self/fd").length;

test("files and folders arrive with time and plain modes, and every descriptor is closed", (context) => {
  const { tree } = place(context);
  const before = open();
  {
    using writer = new TreeWriter(tree);
    writer.folder("a", 0o500);
    put(writer, "a/b/c", "one", 0o4711);
    put(writer, "a/d", "two");
    put(writer, "e", "");
    put(writer, "a/b/c", "three");
  }
  assert.equal(open(), before);
  assert.equal(readFileSync(join(tree, "a/b/c"), "utf8"), "three");
  assert.deepEqual(readdirSync(tree, { recursive: true }).sort(), ["a", "a/b", "a/b/c", "a/d", "e"]);
  assert.equal(statSync(join(tree, "a")).mode & 0o700, 0o700, "a folder into which we can write");
  assert.equal(statSync(join(tree, "a/b/c")).mode & 0o7000, 0);
  assert.equal(statSync(join(tree, "a/d")).mtimeMs, 1_600_000_000_000);
});

test("row 143: nothing is written through a link, symbolic or hard, that stands in the tree", (context) => {
  const { tree, elsewhere } = place(context);
  const outside = join(elsewhere, "file");
  writeFileSync(outside, "mine");
  symlinkSync(elsewhere, join(tree, "folder"));
  symlinkSync(outside, join(tree, "soft"));
  symlinkSync(join(elsewhere, "new"), join(tree, "dangling"));
  linkSync(outside, join(tree, "hard"));
  using writer = new TreeWriter(tree);
  for (const name of ["soft", "dangling", "hard"]) put(writer, name, "theirs");
  assert.throws(() => put(writer, "folder/file", "theirs"), TreeProblem);
  assert.throws(() => writer.folder("folder", 0o755), TreeProblem);
  assert.throws(() => writer.folder("soft/deeper", 0o755), TreeProblem);
  assert.equal(readFileSync(outside, "utf8"), "mine");
  assert.deepEqual(readdirSync(elsewhere), ["file"]);
  for (const name of ["soft", "dangling", "hard"]) {
    assert.ok(lstatSync(join(tree, name)).isFile());
    assert.equal(readFileSync(join(tree, name), "utf8"), "theirs");
  }
});

test("row 143: a folder that is swapped for a link while we write is not followed", (context) => {
  const { tree, elsewhere } = place(context);
  using writer = new TreeWriter(tree);
  put(writer, "a/one", "1");
  rmSync(join(tree, "a"), { recursive: true });
  symlinkSync(elsewhere, join(tree, "a"));
  assert.throws(() => put(writer, "a/two", "2"), { code: "ENOENT" });
  put(writer, "b/one", "1");
  assert.throws(() => put(writer, "a/three", "3"), TreeProblem);
  assert.deepEqual(readdirSync(elsewhere), []);
});

test("what is not finished leaves nothing, and a folder is not replaced by a file", (context) => {
  const { tree } = place(context);
  mkdirSync(join(tree, "taken/inner"), { recursive: true });
  {
    using writer = new TreeWriter(tree);
    assert.throws(() => put(writer, "taken", "x"), /taken is a folder here/);
    writer.open("half", 0o644);
    writer.write(Buffer.from("half"));
  }
  assert.deepEqual(readdirSync(tree), ["taken"]);
});

test("a spool has no name, is read from its beginning as often as needed, and closes", async (context) => {
  const { tree } = place(context);
  const before = open();
  {
    using spool = new Spool(tree);
    spool.write(Buffer.from("one "));
    spool.write(Buffer.from("two"));
    assert.deepEqual(readdirSync(tree), []);
    for (const _ of [1, 2]) assert.equal((await spool.read().toArray()).join(""), "one two");
    assert.equal(spool.size, 7);
  }
  assert.equal(open(), before);
  assert.throws(() => new Spool(join(tree, "nowhere")), { code: "STATE_UNUSABLE" });
  assert.equal(existsSync(join(tree, "nowhere")), false);
});
