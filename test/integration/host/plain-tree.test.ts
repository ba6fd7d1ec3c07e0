import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { digestTree, readPlainFile } from "../../../src/host/plain-tree.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "tree-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const openFiles = () => readdirSync("/proc/self/fd").length;

test("row 143: while another process swaps a folder for a link without end, nothing beyond the root is ever read", async (context) => {
  const top = folder(context);
  const root = join(top, "root");
  for (const path of ["root/a/b", "outside/b"]) mkdirSync(join(top, path), { recursive: true });
  writeFileSync(join(root, "a/b/file"), "inside");
  writeFileSync(join(top, "outside/b/file"), "OUTSIDE");
  symlinkSync(join(top, "outside"), join(root, "link"));
  const before = openFiles();
  // rename(2) of a link over a link and of folders around it: at any moment `a` is a folder, a link, or not there.
  const swap = new Worker(
    `const { renameSync } = require("node:fs");
     const { workerData: root, parentPort } = require("node:worker_threads");
     let stop = false;
     parentPort.on("message", () => { stop = true; });
     parentPort.postMessage("ready");
     const turn = () => {
       for (let round = 0; round < 200; round += 1) {
         renameSync(root + "/a", root + "/aside");
         renameSync(root + "/link", root + "/a");
         renameSync(root + "/a", root + "/link");
         renameSync(root + "/aside", root + "/a");
       }
       if (stop) parentPort.close(); else setImmediate(turn);
     };
     turn();`,
    { eval: true, workerData: root },
  );
  const ended = new Promise((resolve) => swap.once("exit", resolve));
  await new Promise((resolve) => swap.once("message", resolve));
  const seen = new Map<string, number>();
  try {
    for (let round = 0; round < 1000; round += 1) {
      const found = await readPlainFile(root, ["a", "b", "file"], 100);
      const what = found.kind === "file" ? found.bytes.toString() : found.kind === "refused" ? found.why : found.kind;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  } finally {
    swap.postMessage("stop");
    await ended;
  }
  assert.deepEqual(
    [...seen.keys()].filter((what) => !["inside", "missing", "is a link"].includes(what)),
    [],
  );
  assert.ok((seen.get("inside") ?? 0) > 0, JSON.stringify([...seen]));
  assert.ok(seen.size > 1, `nothing was ever swapped in time: ${JSON.stringify([...seen])}`);
  assert.equal(openFiles(), before, "a descriptor stayed open");
});

test("a tree is its regular files by path, hash and executable bit; names may hold anything; limits end the walk", async (context) => {
  const root = folder(context);
  mkdirSync(join(root, "t/empty"), { recursive: true });
  mkdirSync(join(root, "t/__proto__"));
  for (const name of ["plain", "new\nline", "\u001b[2J", "__proto__/x"]) writeFileSync(join(root, "t", name), name);
  writeFileSync(join(root, "t/run"), "#!", { mode: 0o755 });
  const tree = await digestTree(root, ["t"]);
  assert.ok(tree.kind === "files");
  assert.deepEqual(Object.keys(tree.files).sort(), ["t/\u001b[2J", "t/__proto__/x", "t/new\nline", "t/plain", "t/run"]);
  assert.deepEqual([tree.files["t/run"]?.executable, tree.files["t/plain"]?.executable], [true, false]);
  const single = await digestTree(root, ["t", "run"]);
  assert.ok(single.kind === "files" && single.entries === 1 && single.bytes === 2);
  const limits = { fileBytes: 100, allBytes: 100, entries: 100, depth: 4 };
  for (const [change, why] of [
    [{ fileBytes: 3 }, /larger than 3 bytes/],
    [{ allBytes: 12 }, /larger than/],
    [{ entries: 5 }, /more than 5 files/],
    [{ depth: 1 }, /deeper than 1 folders/],
  ] as const) {
    const refused = await digestTree(root, ["t"], { ...limits, ...change });
    assert.ok(refused.kind === "refused");
    assert.match(refused.why, why);
  }
  assert.equal((await digestTree(root, ["none"])).kind, "missing");
  renameSync(join(root, "t/plain"), join(root, "t/other"));
  assert.equal((await readPlainFile(root, ["t", "plain"], 10)).kind, "missing");
});
