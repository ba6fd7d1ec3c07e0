import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, renameSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { importWork, openQuarantine } from "../../../src/session/work/quarantine.ts";
import { readBase } from "../../../src/state/base-file.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

async function begun(): Promise<WorkBench> {
  const bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "old.txt": "text\n".repeat(20), "run.sh": "x\n" });
  await bench.begin();
  return bench;
}

test("a piped patch is taken by git apply as it is, binary files and renames included", git, async () => {
  using bench = await begun();
  renameSync(join(bench.inside, "old.txt"), join(bench.inside, "new.txt"));
  chmodSync(join(bench.inside, "run.sh"), 0o755);
  bench.commit(bench.inside, {
    "a.txt": "no line feed at the end",
    "b.bin": Buffer.from([0, 1, 2, 255, 13]),
    "c\nd.txt": "c\n",
  });
  bench.write(bench.inside, { "u.txt": "u\n" });
  const { out, code } = await bench.diff();
  assert.equal(code, 0);
  assert.match(out, /^rename from old\.txt$/m);
  const program = programPath("git") ?? "git";
  const taken = spawnSync(program, ["-C", bench.host, "apply", "--index", "-"], { env: bench.env, input: out });
  assert.equal(taken.status, 0, taken.stderr.toString());
  bench.git(bench.inside, "add", "-A");
  assert.equal(bench.git(bench.host, "write-tree"), bench.git(bench.inside, "write-tree"));
});

test("--stat, --format json and paths", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "a\nb\n", "d/x.txt": "other\n", "d/y.bin": Buffer.from([0]) }, "subject");
  bench.write(bench.inside, { "run.sh": null, ".envrc": "use\n" });
  assert.match((await bench.diff({ stat: true })).out, /a\.txt\s+\|\s+1 \+\n[\s\S]*5 files changed/);
  const { repositories, schema } = JSON.parse((await bench.diff({ format: "json" })).out);
  const [top] = repositories;
  assert.deepEqual([schema, repositories.length, top.branch, top.uncommitted], [1, 1, "refs/heads/main", true]);
  assert.deepEqual(
    top.commits.map(({ subject, author }: { subject: string; author: string }) => [subject, author]),
    [["subject", "Agent"]],
  );
  assert.deepEqual(
    top.files.map(({ path, change, added, deleted }: Record<string, unknown>) => [path, change, added, deleted]),
    [
      [".envrc", "added", 1, 0],
      ["a.txt", "modified", 1, 0],
      ["d/x.txt", "added", 1, 0],
      ["d/y.bin", "added", null, null],
      ["run.sh", "deleted", 0, 1],
    ],
  );
  assert.deepEqual(
    top.concerns.map(({ path }: { path: string }) => path),
    [".envrc"],
  );
  const part = await bench.diff({}, ["d/"]);
  assert.deepEqual(part.out.match(/^diff .*$/gm), ["diff --git a/d/x.txt b/d/x.txt", "diff --git a/d/y.bin b/d/y.bin"]);
  assert.equal((await bench.diff({}, ["../x"])).code, 2);
});

test("what is not in it is said", git, async () => {
  using bench = await begun();
  bench.tamper = (collected) => ({ ...collected, embedded: ["made/here"], missed: ["pipe\u001b[2J"] });
  const { said } = await bench.diff();
  assert.match(said, /not in it: made\/here: a repository that came into being/);
  assert.match(said, /not in it: pipe\\x1b\[2J: unreadable/);
  assert.equal(JSON.parse((await bench.diff({ format: "json" })).out).leftOut.length, 2);
});

test("the id of unchanged work is the same at every look, and no work says so", git, async () => {
  using bench = await begun();
  assert.match((await bench.diff()).said, /no changes since it began/);
  assert.match((await bench.apply()).out, /nothing to apply/);
  bench.write(bench.inside, { "a.txt": "b\n" });
  const ids = [];
  for (let count = 0; count < 2; count++) ids.push(/work ([0-9a-f]{40})/.exec((await bench.diff()).said)?.[1]);
  assert.equal(ids[0], ids[1]);
});

test("a file that git would call binary or not by the agent's attributes is shown all the same", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { ".gitattributes": "*.txt -diff\n* linguist-generated\n", "a.txt": "hidden?\n" });
  assert.match((await bench.diff()).out, /^\+hidden\?$/m);
});

test("a pack that is larger than the cap is not read to its end", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "b\n".repeat(5000) });
  const base = await readBase(bench.paths.base);
  const [repository] = base?.repositories ?? [];
  assert.ok(base !== null && repository !== undefined);
  await using quarantine = await openQuarantine(bench.paths.folder, repository, gatherFacts());
  const request = { repository, base, full: false, name: "bench", paths: bench.paths };
  const collected = await bench.collect(request as Parameters<typeof bench.collect>[0], {
    facts: gatherFacts(),
    signal: new AbortController().signal,
  });
  await assert.rejects(importWork(quarantine, collected, 100), {
    code: "WORK_UNREADABLE",
    message: /larger than 100 bytes/,
  });
});

test("work whose cage failed before anybody read it is refused at once, in the words of the failure", git, async () => {
  using bench = await begun();
  const [repository] = (await readBase(bench.paths.base))?.repositories ?? [];
  assert.ok(repository !== undefined);
  await using quarantine = await openQuarantine(bench.paths.folder, repository, gatherFacts());
  const pack = new PassThrough();
  pack.once("error", () => {});
  pack.destroy(new BottleError("HOST_UNFIT", "no process is left", { hint: "" }));
  await new Promise((closed) => pack.once("close", closed));
  const none = { branch: null, head: null, work: repository.snapshot, refs: [], embedded: [], missed: [] };
  await assert.rejects(importWork(quarantine, { repository, pack, ...none }), /no process is left/);
});

test("a bottle that keeps no work, or is not there, says so", git, async () => {
  using bench = new WorkBench();
  assert.match((await bench.diff()).said, /BOTTLE_NOT_FOUND/);
  bench.commit(bench.host, { "a.txt": "a\n" });
  await bench.begin();
  bench.write(bench.paths.folder, { "base.json": null });
  assert.match((await bench.diff()).said, /WORK_NONE/);
  bench.write(bench.paths.folder, { "base.json": "{" });
  assert.match((await bench.apply()).said, /STATE_UNUSABLE/);
});
