import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

async function begun(dirty: Readonly<Record<string, string>> = {}): Promise<WorkBench> {
  const bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "b.txt": "1\n2\n3\n4\n5\n6\n7\n8\n" }, "first");
  bench.write(bench.host, dirty);
  await bench.begin();
  return bench;
}

test("--branch touches neither files nor index, whatever state they are in", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "agent\n" }, "agent");
  bench.write(bench.inside, { "new.txt": "new\n" });
  bench.write(bench.host, { "a.txt": "mine, not saved\n", "new.txt": "mine too\n" });
  const before = bench.status();
  const done = await bench.apply({ branch: "review/one" });
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.status(), before);
  assert.equal(
    bench.git(bench.host, "log", "--format=%s|%an", "review/one"),
    "Work in bottle bench|Olga Operator\nagent|Agent\nfirst|Olga Operator",
  );
  assert.equal(bench.git(bench.host, "show", "review/one:new.txt"), "new");
  assert.equal(bench.git(bench.host, "symbolic-ref", "HEAD"), "refs/heads/main");
});

test("--branch leaves out what was uncommitted at the start", git, async () => {
  using bench = await begun({ "b.txt": "mine\n2\n3\n4\n5\n6\n7\n8\n", "draft.txt": "draft\n" });
  bench.commit(bench.inside, { "b.txt": "mine\n2\n3\n4\n5\n6\n7\nagent\n" }, "agent");
  assert.equal((await bench.apply({ branch: "r" })).code, 0);
  assert.equal(bench.git(bench.host, "show", "r:b.txt"), "1\n2\n3\n4\n5\n6\n7\nagent");
  assert.equal(bench.git(bench.host, "ls-tree", "--name-only", "r"), "a.txt\nb.txt");
  assert.equal(bench.git(bench.host, "log", "--format=%s", "r"), "agent\nfirst");
});

test("--branch again goes forward when the agent did; other commits on it are never lost", git, async () => {
  using bench = await begun({ "draft.txt": "draft\n" });
  bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
  assert.equal((await bench.apply({ branch: "r" })).code, 0);
  const before = bench.git(bench.host, "rev-parse", "r");
  assert.equal((await bench.apply({ branch: "r" })).code, 0);
  assert.equal(bench.git(bench.host, "rev-parse", "r"), before);
  bench.commit(bench.inside, { "a.txt": "2\n" }, "2");
  assert.equal((await bench.apply({ branch: "r" })).code, 0);
  assert.equal(bench.git(bench.host, "log", "--format=%s", "r"), "2\n1\nfirst");
  bench.agent("reset", "-q", "--hard", "HEAD~2");
  bench.commit(bench.inside, { "a.txt": "3\n" }, "3");
  const refused = await bench.apply({ branch: "r" });
  assert.equal(refused.code, 2);
  assert.match(refused.said, /exists and has other commits/);
  assert.equal(bench.git(bench.host, "log", "--format=%s", "r"), "2\n1\nfirst");
});

test("--branch of what is checked out, or of no possible name, is refused", git, async () => {
  using bench = await begun();
  bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
  assert.match((await bench.apply({ branch: "main" })).said, /is checked out/);
  for (const branch of ["-f", "a..b", "", "x.lock", "a b", "@{-1}", "a\u001bb"]) {
    const refused = await bench.apply({ branch });
    assert.equal(refused.code, 2, refused.said);
    assert.doesNotMatch(refused.said, /\u001b/);
  }
  assert.equal(bench.git(bench.host, "branch", "--format=%(refname)"), "refs/heads/main");
});

test("--branch of commits that need what was uncommitted is refused, and nothing is changed", git, async () => {
  using bench = await begun({ "a.txt": "mine\n" });
  bench.commit(bench.inside, { "a.txt": "mine and the agent's\n" }, "1");
  const refused = await bench.apply({ branch: "r" });
  assert.equal(refused.code, 5);
  assert.match(refused.said, /--patch/);
  assert.deepEqual([bench.pins, bench.status()], [[], " M a.txt"]);
});

test("uncommitted work alone becomes one commit on the branch", git, async () => {
  using bench = await begun();
  bench.write(bench.inside, { "a.txt": "agent\n" });
  assert.equal((await bench.apply({ branch: "r" })).code, 0);
  assert.equal(bench.git(bench.host, "log", "--format=%s", "r"), "Work in bottle bench\nfirst");
});

test(
  "without a name and address of the operator commits are refused with what to type, --patch is not",
  git,
  async () => {
    using bench = await begun();
    bench.commit(bench.host, { "mine.txt": "mine\n" }, "mine");
    bench.commit(bench.inside, { "a.txt": "1\n" }, "1");
    bench.write(bench.home, { ".gitconfig": "[user]\nuseConfigOnly = true\n" });
    const refused = await bench.apply();
    assert.equal(refused.code, 2);
    assert.match(refused.said, /git config --global user\.name/);
    assert.equal((await bench.apply({ patch: true })).code, 0);
  },
);
