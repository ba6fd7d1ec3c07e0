import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { readTree, readWithin } from "../../../src/host/file-tree.ts";

function tree(context: TestContext, files: Record<string, string | Buffer>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tree-")));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, "root");
  mkdirSync(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}
const LIMITS = { files: 4, bytes: 1 << 20, depth: 3 };

test("regular files come in order, with bytes, sum and who may execute them; .git stays out", async (context) => {
  const root = tree(context, { "b/run.sh": "#!/bin/sh\n", a: "one", ".git/config": "[x]", "b/.git/HEAD": "x" });
  chmodSync(join(root, "b/run.sh"), 0o755);
  const { files, faults } = await readTree(root);
  assert.deepEqual(faults, []);
  assert.deepEqual(
    files.map(({ path, executable, content }) => [path, executable, content.toString()]),
    [
      ["a", false, "one"],
      ["b/run.sh", true, "#!/bin/sh\n"],
    ],
  );
  assert.equal(files[0]?.sha256, createHash("sha256").update("one").digest("hex"));
  assert.equal(files[0]?.host, join(root, "a"));
});

test("row 143: links out are faults by name, nothing behind them is opened; a link within is its file", async (context) => {
  const root = tree(context, { "a/real": "inside", "../outside": "outside", "a/folder/x": "x" });
  symlinkSync("/etc/shadow", join(root, "a/shadow"));
  symlinkSync("../../outside", join(root, "a/up"));
  symlinkSync("real", join(root, "a/within"));
  symlinkSync("folder", join(root, "a/way"));
  symlinkSync("nowhere", join(root, "a/dangling"));
  symlinkSync("loop", join(root, "a/loop"));
  const { files, faults } = await readTree(join(root, "a"));
  assert.deepEqual(
    files.map(({ path, content }) => [path, content.toString()]),
    [
      ["folder/x", "x"],
      ["real", "inside"],
      ["within", "inside"],
    ],
  );
  assert.deepEqual(
    faults.map(({ path, why }) => `${path} ${why.replace(/ of \/.*/, "")}`),
    [
      "dangling is a link that leads nowhere, or cannot be reached",
      "loop is a link that leads nowhere, or cannot be reached",
      "shadow is a link out",
      "up is a link out",
      "way is a link to a folder",
    ],
  );
});

test("row 143: a FIFO, a socket and a device are faults, and nobody waits for them", async (context) => {
  const root = tree(context, {});
  execFileSync("mkfifo", [join(root, "fifo")]);
  const server = createServer().listen(join(root, "sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  const { files, faults } = await readTree(root);
  server.close();
  assert.deepEqual(files, []);
  assert.deepEqual(
    faults.map(({ path, why }) => `${path} ${why}`),
    ["fifo is a FIFO", "sock is a socket"],
  );
  assert.deepEqual(await readWithin("/dev/null", "/dev", 10), { kind: "fault", why: "is a device" });
});

test("limits of number, size and depth end the reading in words", async (context) => {
  const many = tree(context, { a: "", b: "", c: "", d: "", e: "" });
  assert.match((await readTree(many, LIMITS)).faults[0]?.why ?? "", /more than 4 files/);
  // Sparse: it takes no room here, and must take none in memory.
  const large = tree(context, { a: "" });
  execFileSync("truncate", ["--size=10G", join(large, "a")]);
  assert.match((await readTree(large, LIMITS)).faults[0]?.why ?? "", /more than 1 MiB/);
  const sum = tree(context, { a: Buffer.alloc(700_000), b: Buffer.alloc(700_000) });
  assert.match((await readTree(sum, LIMITS)).faults[0]?.why ?? "", /more than 1 MiB/);
  const deep = tree(context, { "1/2/3/x": "x", "1/2/y": "y" });
  const { files, faults } = await readTree(deep, LIMITS);
  assert.deepEqual([files.map(({ path }) => path), faults.map(({ path }) => path)], [["1/2/y"], ["1/2/3"]]);
});

test("row 129: a name with control characters, or none of UTF-8, is a fault", async (context) => {
  const root = tree(context, { "a\u001b[2J": "", "line\nbreak": "" });
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x78, 0xff])]), "");
  const { files, faults } = await readTree(root);
  assert.deepEqual(files, []);
  assert.deepEqual([...new Set(faults.map(({ why }) => why))], ["has a name with odd characters"]);
  assert.equal(faults.length, 3);
});

test("chosen files only; a folder behind a link is told all the same", async (context) => {
  const root = tree(context, { "a.md": "a", "b.txt": "b", "sub/c.md": "c", "../elsewhere/d.md": "d" });
  symlinkSync("../elsewhere", join(root, "linked"));
  const { files, faults } = await readTree(root, LIMITS, (path) => path.endsWith(".md"));
  assert.deepEqual(
    files.map(({ path }) => path),
    ["a.md", "sub/c.md"],
  );
  assert.deepEqual(faults, [{ path: "linked", why: "is a link to a folder" }]);
});

test("a file exchanged for a link after it was looked at is not followed", async (context) => {
  const root = tree(context, { "a/x": "good", "../secret/x": "secret" });
  // What a racing program would do between the two looks: the path is the same, the folder is another.
  const asked = readWithin(join(root, "a/x"), root, 100);
  rmSync(join(root, "a"), { recursive: true });
  symlinkSync("../secret", join(root, "a"));
  const read = await asked;
  assert.ok(read.kind !== "file" || read.content.toString() === "good");
});
