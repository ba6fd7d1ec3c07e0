import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

async function begun(
  files: Readonly<Record<string, string | Buffer>> = { "a.txt": "a\n", "d/b.txt": "b\n" },
): Promise<WorkBench> {
  const bench = new WorkBench({ plain: true });
  bench.write(bench.host, files);
  await bench.begin();
  return bench;
}

test("a plain folder: diff and apply by files", git, async () => {
  using bench = await begun({ "a.txt": "a\n", "d/b.txt": "b\n", "run.sh": "x\n", "gone/deep/g": "g\n" });
  bench.write(bench.inside, {
    "a.txt": "agent\n",
    "gone/deep/g": null,
    "new/n.txt": "n\n",
    bytes: Buffer.from([0, 255, 10]),
  });
  chmodSync(join(bench.inside, "run.sh"), 0o755);
  symlinkSync("a.txt", join(bench.inside, "link"));
  assert.match((await bench.diff()).out, /^\+agent$/m);
  assert.match((await bench.diff({ stat: true })).out, /new\/n\.txt/);
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.deepEqual(readdirSync(bench.host).sort(), ["a.txt", "bytes", "d", "link", "new", "run.sh"]);
  assert.equal(bench.read("a.txt"), "agent\n");
  assert.equal(readlinkSync(join(bench.host, "link")), "a.txt");
  assert.notEqual(lstatSync(join(bench.host, "run.sh")).mode & 0o111, 0);
  // Again, and once more after the agent went on.
  assert.equal((await bench.apply({ acceptAll: true })).code, 0);
  bench.write(bench.inside, { "a.txt": "agent again\n" });
  assert.equal((await bench.apply({ expect: undefined })).code, 2, "it has moved on since it was looked at");
  await bench.diff();
  assert.equal((await bench.apply()).code, 0);
  assert.equal(bench.read("a.txt"), "agent again\n");
});

test("a file that the operator changed since is a conflict: it is named, and nothing is written", git, async () => {
  using bench = await begun();
  bench.write(bench.inside, { "a.txt": "agent\n", "d/b.txt": "agent\n", "n.txt": "agent\n" });
  bench.write(bench.host, { "d/b.txt": "mine\n" });
  const refused = await bench.apply();
  assert.equal(refused.code, 2);
  assert.match(refused.said, /\n {2}d\/b\.txt\n/);
  assert.deepEqual([bench.read("a.txt"), bench.read("n.txt")], ["a\n", null]);
  const done = await bench.apply({ interactive: true }, ["y", "n", "y"]);
  assert.equal(done.code, 0, done.said);
  assert.deepEqual([bench.read("a.txt"), bench.read("d/b.txt"), bench.read("n.txt")], ["agent\n", "mine\n", "agent\n"]);
});

test("a file where a folder was, and back: applied once, twice, and after the agent took it back", git, async () => {
  using bench = await begun({ "a.txt": "a\n", "d/b.txt": "b\n", f: "f\n" });
  bench.write(bench.inside, { d: null, f: null });
  bench.write(bench.inside, { d: "file\n", "f/in": "in\n", "new.txt": "n\n" });
  for (const _ of ["first", "again"]) {
    const done = await bench.apply();
    assert.equal(done.code, 0, done.said);
    assert.deepEqual([bench.read("d"), bench.read("f/in"), bench.read("new.txt")], ["file\n", "in\n", "n\n"]);
  }
  bench.write(bench.inside, { d: null, f: null, "new.txt": null });
  bench.write(bench.inside, { "d/other.txt": "o\n", "d/b.txt": "b\n", f: "f\n" });
  const back = await bench.apply();
  assert.equal(back.code, 0, back.said);
  assert.deepEqual(readdirSync(bench.host, { recursive: true }).sort(), ["a.txt", "d", "d/b.txt", "d/other.txt", "f"]);
  assert.deepEqual([bench.read("d/b.txt"), bench.read("f")], ["b\n", "f\n"]);
});

test("what the agent took back is taken back here, but for what the operator has changed since", git, async () => {
  using bench = await begun();
  bench.write(bench.inside, { "a.txt": "agent\n", "n.txt": "n\n" });
  assert.equal((await bench.apply()).code, 0);
  bench.write(bench.host, { "n.txt": "mine\n" });
  bench.write(bench.inside, { "a.txt": "a\n", "n.txt": null });
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.deepEqual([bench.read("a.txt"), bench.read("n.txt")], ["a\n", "mine\n"]);
});

test("files that a killed run wrote are the agent's when it goes on", git, async () => {
  using bench = await begun();
  bench.write(bench.inside, { "a.txt": "agent\n" });
  bench.write(bench.host, { "a.txt": "agent\n" });
  assert.equal((await bench.apply()).code, 0);
  bench.write(bench.inside, { "a.txt": "agent again\n" });
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.read("a.txt"), "agent again\n");
});

test("row 143: nothing is written, read or removed through a link in the operator's folder", git, async () => {
  using bench = await begun({ "a.txt": "a\n", "d/b.txt": "b\n", "e/c.txt": "c\n" });
  const outside = join(bench.folder, "outside");
  mkdirSync(outside);
  bench.write(outside, { "b.txt": "b\n", "c.txt": "c\n" });
  bench.write(bench.inside, { "d/b.txt": "agent\n", "e/c.txt": null, "d/new.txt": "agent\n" });
  for (const name of ["d", "e"]) {
    renameSync(join(bench.host, name), join(bench.folder, `real-${name}`));
    symlinkSync(outside, join(bench.host, name));
  }
  const refused = await bench.apply();
  assert.equal(refused.code, 2, refused.said);
  assert.match(refused.said, /d\/b\.txt\n {2}d\/new\.txt\n {2}e\/c\.txt/);
  assert.deepEqual(readdirSync(outside).sort(), ["b.txt", "c.txt"]);
  // A link of the operator in the place of a file is a change of theirs.
  bench.write(bench.inside, { "d/b.txt": "b\n", "d/new.txt": null, "e/c.txt": "c\n", "a.txt": "agent\n" });
  bench.write(bench.host, { "a.txt": null });
  symlinkSync(join(outside, "b.txt"), join(bench.host, "a.txt"));
  assert.match((await bench.apply()).said, /a\.txt/);
});

test("rows 87, 143: files that tools run and links that lead out are asked about", git, async () => {
  using bench = await begun({ "a.txt": "a\n", "package.json": '{ "name": "x" }' });
  symlinkSync("/etc/passwd", join(bench.inside, "out"));
  bench.write(bench.inside, {
    ".vscode/tasks.json": "{}",
    "package.json": '{ "name": "x", "scripts": { "postinstall": "x" } }',
  });
  const refused = await bench.apply({ accept: [".vscode/"] });
  assert.equal(refused.code, 2);
  assert.match(refused.said, /out: it is a link out of the folder, to \/etc\/passwd/);
  assert.match(refused.said, /package\.json: package managers run by it; changed: scripts/);
  assert.doesNotMatch(refused.said, /tasks\.json/);
  assert.deepEqual(readdirSync(bench.host).sort(), ["a.txt", "package.json"]);
  assert.equal((await bench.apply({}, ["y", "n"])).code, 2);
  assert.deepEqual(readdirSync(bench.host).sort(), ["a.txt", "package.json"]);
  const done = await bench.apply({}, ["y", "a"]);
  assert.equal(done.code, 0, done.said);
  assert.equal(readlinkSync(join(bench.host, "out")), "/etc/passwd");
});

test("a file where a folder was, and a folder where a file was", git, async () => {
  using bench = await begun({ f: "file\n", "d/x": "x\n", "d/y": "y\n" });
  bench.write(bench.inside, { f: null, "f/inner": "inner\n", d: null });
  bench.write(bench.inside, { d: "now a file\n" });
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.deepEqual([bench.read("f/inner"), bench.read("d")], ["inner\n", "now a file\n"]);
});

test("what the operator put beside the agent's files stays", git, async () => {
  using bench = await begun({ "d/b.txt": "b\n" });
  bench.write(bench.inside, { d: null });
  bench.write(bench.host, { "d/mine.txt": "mine\n" });
  assert.equal((await bench.apply()).code, 0);
  assert.deepEqual([bench.read("d/b.txt"), bench.read("d/mine.txt")], [null, "mine\n"]);
  assert.match((await bench.apply({ branch: "x" })).said, /git repositories/);
});
