import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

/** A bench with one commit, begun. */
async function begun(
  files: Readonly<Record<string, string>> = { "a.txt": "one\n", "b.txt": "b\n" },
): Promise<WorkBench> {
  const bench = new WorkBench();
  bench.commit(bench.host, files, "first");
  await bench.begin();
  return bench;
}

test("commits land as a fast-forward, what was not committed as uncommitted changes", git, async () => {
  using bench = await begun();
  const head = bench.commit(bench.inside, { "a.txt": "one\ntwo\n" }, "add two");
  bench.write(bench.inside, { "new.txt": "new\n", "b.txt": "bb\n" });
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), head);
  assert.equal(bench.git(bench.host, "symbolic-ref", "HEAD"), "refs/heads/main");
  assert.equal(bench.read("a.txt"), "one\ntwo\n");
  assert.equal(bench.read("new.txt"), "new\n");
  assert.equal(bench.status(), " M b.txt\n?? new.txt");
  assert.equal(bench.pins.length, 1);
});

test("twice the same apply changes nothing more, and later work lands on top", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "one\ntwo\n" }, "two");
  assert.equal((await bench.apply()).code, 0);
  const before = bench.git(bench.host, "rev-parse", "HEAD");
  const again = await bench.apply();
  assert.equal(again.code, 0, again.said);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), before);
  const head = bench.commit(bench.inside, { "a.txt": "one\ntwo\nthree\n" }, "three");
  assert.equal((await bench.apply()).code, 0);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), head);
  assert.equal(bench.status(), "");
});

test(
  "onto commits of one's own they are cherry-picked: the agent stays the author, the operator commits",
  git,
  async () => {
    using bench = await begun();
    bench.commit(bench.host, { "mine.txt": "mine\n" }, "mine");
    bench.commit(bench.inside, { "a.txt": "one\ntwo\n" }, "two\n\nwith a body");
    bench.commit(bench.inside, { "c.txt": "c\n" }, "three");
    const done = await bench.apply();
    assert.equal(done.code, 0, done.said);
    assert.equal(
      bench.git(bench.host, "log", "--reverse", "--format=%an|%cn|%s"),
      "Olga Operator|Olga Operator|first\nOlga Operator|Olga Operator|mine\nAgent|Olga Operator|two\nAgent|Olga Operator|three",
    );
    assert.equal(bench.git(bench.host, "log", "-1", "--format=%b", "HEAD~1").trim(), "with a body");
    assert.equal(bench.status(), "");
    // Applied again after the agent went on: only what is new.
    bench.commit(bench.inside, { "a.txt": "one\ntwo\nthree\n" }, "four");
    assert.equal((await bench.apply()).code, 0);
    assert.equal(bench.git(bench.host, "rev-list", "--count", "HEAD"), "5");
    assert.equal(bench.read("a.txt"), "one\ntwo\nthree\n");
  },
);

test("merges of the agent stay merges, with their resolution, on a fast-forward and when moved", git, async () => {
  for (const mine of [false, true]) {
    using bench = await begun({ "a.txt": "1\n2\n3\n" });
    if (mine) bench.commit(bench.host, { "mine.txt": "mine\n" }, "mine");
    bench.agent("checkout", "-q", "-b", "side");
    bench.commit(bench.inside, { "a.txt": "1\nside\n3\n" }, "side");
    bench.agent("checkout", "-q", "main");
    bench.commit(bench.inside, { "a.txt": "1\nmain\n3\n" }, "main");
    assert.throws(() => bench.agent("merge", "-q", "side"), /CONFLICT/);
    bench.commit(bench.inside, { "a.txt": "1\nboth\n3\n" }, "merged");
    const done = await bench.apply();
    assert.equal(done.code, 0, done.said);
    assert.equal(bench.read("a.txt"), "1\nboth\n3\n");
    assert.equal(bench.git(bench.host, "rev-list", "--count", "--merges", "HEAD"), "1");
    assert.equal(bench.git(bench.host, "log", "-1", "--format=%s", "HEAD^2"), "side");
  }
});

test("a conflict is left as git cherry-pick leaves it, and nothing is lost", git, async () => {
  using bench = await begun();
  const mine = bench.commit(bench.host, { "a.txt": "mine\n" }, "mine");
  bench.commit(bench.inside, { "a.txt": "theirs\n" }, "theirs");
  bench.write(bench.inside, { "b.txt": "uncommitted\n" });
  const done = await bench.apply();
  assert.equal(done.code, 5);
  assert.match(done.said, /WORK_CONFLICT[\s\S]*a\.txt[\s\S]*git cherry-pick --continue/);
  assert.match(bench.read("a.txt") ?? "", /<<<<<<< HEAD\nmine\n=======\ntheirs\n/);
  assert.equal(bench.pins.length, 1);
  // As the message says.
  bench.write(bench.host, { "a.txt": "both\n" });
  bench.git(bench.host, "add", "a.txt");
  bench.git(bench.host, "-c", "core.editor=true", "cherry-pick", "--continue");
  bench.git(bench.host, "cherry-pick", "--no-commit", bench.pins[0] ?? "");
  assert.equal(bench.read("b.txt"), "uncommitted\n");
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD~1"), mine);
  assert.equal(bench.git(bench.host, "log", "-1", "--format=%an"), "Agent");
});

test("a file with changes of one's own is never written over: it is named, and nothing is changed", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "theirs\n", "z.txt": "z\n" }, "theirs");
  bench.write(bench.host, { "a.txt": "not saved\n", "elsewhere.txt": "mine\n" });
  const head = bench.git(bench.host, "rev-parse", "HEAD");
  for (const options of [{}, { patch: true }]) {
    const refused = await bench.apply(options);
    assert.equal(refused.code, 2);
    assert.match(refused.said, /local changes in files[\s\S]*\n {2}a\.txt\n/);
  }
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), head);
  assert.equal(bench.read("a.txt"), "not saved\n");
  assert.equal(bench.read("z.txt"), null);
  // What is staged counts as much, and so does an ignored or untracked file in the way of a new one.
  bench.git(bench.host, "add", "a.txt");
  assert.match((await bench.apply()).said, /a\.txt/);
  bench.git(bench.host, "reset", "-q", "--hard");
  writeFileSync(join(bench.host, ".git/info/exclude"), "z.txt\n");
  bench.write(bench.host, { "z.txt": "ignored, and mine\n" });
  assert.match((await bench.apply()).said, /z\.txt/);
  assert.equal(bench.read("z.txt"), "ignored, and mine\n");
  bench.write(bench.host, { "z.txt": null });
  assert.equal((await bench.apply()).code, 0);
  assert.equal(bench.status(), "?? elsewhere.txt");
});

test("changes of one's own in other files stay, staged or not", git, async () => {
  using bench = await begun({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
  bench.commit(bench.inside, { "a.txt": "aa\n" }, "a");
  bench.write(bench.host, { "b.txt": "staged\n", "c.txt": "changed\n" });
  bench.git(bench.host, "add", "b.txt");
  assert.equal((await bench.apply()).code, 0);
  assert.equal(bench.status(), "M  b.txt\n M c.txt");
  assert.equal(bench.read("a.txt"), "aa\n");
});

test("what was uncommitted at the start is no commit of the agent's, and stays uncommitted", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "b.txt": "1\n2\n3\n4\n5\n6\n7\n8\n" });
  bench.write(bench.host, { "b.txt": "mine\n2\n3\n4\n5\n6\n7\n8\n", "draft.txt": "draft\n" });
  await bench.begin();
  assert.notEqual(bench.snapshot, bench.git(bench.host, "rev-parse", "HEAD"));
  bench.commit(bench.inside, { "a.txt": "agent\n" }, "a");
  bench.commit(bench.inside, { "b.txt": "mine\n2\n3\n4\n5\n6\n7\nagent\n" }, "b");
  const shown = await bench.diff();
  assert.doesNotMatch(shown.out, /^[+-](?:mine|draft)$/m);
  const done = await bench.apply();
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.git(bench.host, "log", "--format=%s"), "b\na\nchange");
  assert.equal(bench.git(bench.host, "show", "HEAD:b.txt"), "1\n2\n3\n4\n5\n6\n7\nagent");
  assert.equal(bench.read("b.txt"), "mine\n2\n3\n4\n5\n6\n7\nagent\n");
  assert.equal(bench.status(), " M b.txt\n?? draft.txt");
  assert.equal(bench.git(bench.host, "diff", "-U0", "--no-prefix").split("\n").slice(-2).join(), "-1,+mine");
});

test("commits that build on what was uncommitted are refused with a way out, and --patch takes them", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n" });
  bench.write(bench.host, { "a.txt": "mine\n" });
  await bench.begin();
  bench.commit(bench.inside, { "a.txt": "mine, then the agent's\n" }, "on top");
  const refused = await bench.apply();
  assert.equal(refused.code, 5);
  assert.match(refused.said, /not committed when it began[\s\S]*--patch/);
  assert.equal(bench.read("a.txt"), "mine\n");
  const done = await bench.apply({ patch: true });
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.read("a.txt"), "mine, then the agent's\n");
  assert.equal(bench.status(), " M a.txt");
});

test("what the agent took back is taken back from the work tree", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n" });
  await bench.begin();
  bench.write(bench.inside, { "a.txt": "agent\n", "n.txt": "n\n" });
  assert.equal((await bench.apply()).code, 0);
  bench.write(bench.inside, { "a.txt": "a\n", "n.txt": null });
  const back = await bench.apply();
  assert.equal(back.code, 0, back.said);
  assert.equal(bench.status(), "");
  assert.match((await bench.apply()).out, /nothing to apply/);
});

test("--patch leaves all of it uncommitted, and takes the next state of the work as well", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
  bench.write(bench.inside, { "n.txt": "n\n" });
  assert.equal((await bench.apply({ patch: true })).code, 0);
  assert.equal(bench.status(), " M a.txt\n?? n.txt");
  bench.commit(bench.inside, { "a.txt": "2\n", "n.txt": null, "m.txt": "m\n" }, "2");
  const done = await bench.apply({ patch: true });
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.read("a.txt"), "2\n");
  assert.equal(bench.status(), " M a.txt\n?? m.txt");
  // But not over what the operator made of it.
  bench.write(bench.host, { "a.txt": "3\n" });
  bench.commit(bench.inside, { "a.txt": "4\n" }, "3");
  assert.match((await bench.apply({ patch: true })).said, /local changes[\s\S]*a\.txt/);
});

test("--dry-run checks and changes nothing", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
  const head = bench.git(bench.host, "rev-parse", "HEAD");
  const done = await bench.apply({ dryRun: true, format: "json" });
  assert.equal(done.code, 0, done.said);
  const printed = JSON.parse(done.out);
  assert.deepEqual([printed.dryRun, printed.repositories[0].files], [true, ["a.txt"]]);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), head);
  assert.deepEqual([bench.status(), bench.pins], ["", []]);
});

test("--interactive takes the files that were chosen, as uncommitted changes", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "1\n", "b.txt": "2\n", "c.txt": "3\n" }, "all");
  const ended = await bench.apply({ interactive: true }, ["y", "q"]);
  assert.equal(ended.code, 2);
  assert.equal(bench.status(), "");
  const done = await bench.apply({ interactive: true }, ["n", "?", "y", "d"]);
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.status(), " M b.txt");
  const alone = await bench.apply({ interactive: true });
  assert.match(alone.said, /terminal/);
});

test(
  "row 87: what was accepted and landed is not asked about again; the same file with other content is",
  git,
  async () => {
    using bench = await begun();
    bench.commit(bench.inside, { ".envrc": "one\n" }, "1");
    assert.match((await bench.apply()).said, /\.envrc/);
    assert.equal((await bench.apply({ accept: [".envrc"] })).code, 0);
    bench.commit(bench.inside, { "a.txt": "2\n" }, "2");
    assert.equal((await bench.apply()).code, 0);
    bench.commit(bench.inside, { ".envrc": "two\n" }, "3");
    assert.match((await bench.apply()).said, /\.envrc/);
    // Put back in a later commit, it is still in the history that would land.
    bench.commit(bench.inside, { ".envrc": "one\n" }, "4");
    assert.match((await bench.apply()).said, /\.envrc/);
    assert.equal(bench.read(".envrc"), "one\n");
  },
);

test("row 87: what was left out with --interactive was not accepted", git, async () => {
  using bench = await begun();
  bench.write(bench.inside, { ".envrc": "one\n", "a.txt": "2\n" });
  assert.equal((await bench.apply({ interactive: true }, ["n", "y"])).code, 0);
  assert.match((await bench.apply({ patch: true })).said, /WORK_UNACCEPTED[\s\S]*\.envrc/);
  assert.equal(bench.read(".envrc"), null);
});

test("--interactive splits a file into its parts", git, async () => {
  const lines = (first: string, last: string) => `${first}\n${"same\n".repeat(20)}${last}`;
  using bench = await begun({ "a.txt": lines("1", "2\n"), "b.txt": "b\n" });
  bench.commit(bench.inside, { "a.txt": lines("one", "two, without a line feed"), "b.txt": "bb\n" }, "all");
  const done = await bench.apply({ interactive: true }, ["s", "n", "y", "n"]);
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.read("a.txt"), lines("1", "two, without a line feed"));
  assert.equal(bench.status(), " M a.txt");
});

test("what lands is what was seen: --expect, and a bottle that has moved on", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
  const shown = await bench.diff();
  const id = /work ([0-9a-f]{40})/.exec(shown.said)?.[1] ?? "";
  bench.write(bench.inside, { "a.txt": "2\n" });
  const moved = await bench.apply();
  assert.equal(moved.code, 2);
  assert.match(moved.said, new RegExp(`moved on since you looked: ${id.slice(0, 12)} -> [0-9a-f]{12}`));
  assert.equal((await bench.apply({ expect: id })).code, 2);
  assert.equal((await bench.apply({}, ["n"])).code, 2);
  assert.equal(bench.status(), "");
  bench.write(bench.inside, { "a.txt": "1\n" });
  assert.equal((await bench.apply({ expect: id.slice(0, 9) })).code, 0);
  bench.write(bench.inside, { "b.txt": "3\n" });
  assert.equal((await bench.apply({}, ["y"])).code, 0);
  assert.equal(bench.read("b.txt"), "3\n");
});
