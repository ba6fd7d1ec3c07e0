import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newTrial } from "../../support/work/trial.ts";

const skip = skipWithout("bubblewrap", "git");

test("commits on branches, amended, rebased and reset behind the start are all collected", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.write("mine", "m\n");
  const began = await trial.begin();
  const snapshot = began.base.repositories[0]?.snapshot ?? "";
  await began.inside(
    "echo 1 >one; git add .; git commit -qm one; git checkout -qb side; echo 2 >two; git add .; git commit -qm two; echo 3 >three; git tag -am tagged t1",
  );
  const side = await began.collect();
  assert.equal(side.branch, "refs/heads/side");
  assert.deepEqual(side.refs.map(({ name }) => name).sort(), ["refs/heads/main", "refs/tags/t1"]);
  assert.deepEqual(side.files, ["README.md", "mine", "one", "src/main.c", "three", "two"]);
  await began.inside("git checkout -q --detach; git add .; git commit -qm detached; git commit -q --amend -m amended");
  const detached = await began.collect();
  assert.equal(detached.branch, null);
  assert.equal(detached.git("log", "--format=%s", "-1", `${detached.head}`), "amended\n");
  assert.ok(detached.refs.some(({ name }) => name === "refs/heads/side"));
  await began.inside(
    "git checkout -q main; git reset -q --hard HEAD~2; echo fresh >fresh; git add .; git commit -qm behind",
  );
  const behind = await began.collect();
  assert.deepEqual(behind.files, ["README.md", "fresh", "src/main.c"]);
  assert.notEqual(behind.git("merge-base", snapshot, behind.work), `${snapshot}\n`);
  await began.inside("git checkout -q --orphan empty; git rm -rqf .; echo o >o");
  const orphan = await began.collect();
  assert.equal(orphan.head, null);
  assert.deepEqual(orphan.files, ["o"]);
  assert.equal(orphan.git("rev-parse", `${orphan.work}^`), `${snapshot}\n`);
});

test("a file where a folder was, and a folder where a file was, come in and out", { skip }, async (context) => {
  const swap =
    "rm -r src README.md; echo file >src; mkdir README.md; echo deep >README.md/in; rm -r doc; ln -s src doc";
  const trial = newTrial(context);
  trial.init({ "README.md": "a\n", "src/main.c": "b\n", "src/other.c": "c\n", "doc/page": "d\n" });
  const began = await trial.begin();
  await began.inside(swap);
  const work = await began.collect();
  assert.deepEqual(work.missed, []);
  assert.deepEqual(work.files, ["README.md/in", "doc", "src"]);
  assert.equal(work.read("src"), "file\n");
  trial.sh(swap);
  const swapped = await trial.begin();
  assert.deepEqual(swapped.said, []);
  assert.deepEqual((await swapped.collect()).files, ["README.md/in", "doc", "src"]);
});

test("the whole history comes where the operator no longer has it", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const began = await trial.begin();
  await began.inside("echo x >x; git add .; git commit -qm x");
  const work = await began.collect({ full: true });
  assert.deepEqual(work.git("log", "--format=%s", work.work), "x\nfirst\n");
  work.git("fsck", "--full");
});

test("row 143: an agent that broke or removed its git still gives back its files", { skip }, async (context) => {
  const breakages: Readonly<Record<string, string>> = {
    gone: "rm -rf .git",
    file: "rm -rf .git; echo gitdir: /proc >.git",
    "link to /": "rm -rf .git; ln -s / .git",
    "link to /proc": "rm -rf .git; ln -s /proc/self .git",
    loop: "rm -rf .git; ln -s .git .git",
    fifo: "rm -rf .git; mkfifo .git",
    "empty folder": "rm -rf .git; mkdir .git",
    "broken index": "head -c 3000 /dev/urandom >.git/index",
    "index of another format": "printf DIRC >.git/index; head -c 8 /dev/zero >>.git/index",
    "no HEAD": "rm .git/HEAD",
    "HEAD to nowhere": "echo ref: refs/heads/none >.git/HEAD",
    "HEAD out of refs": "echo ref: ../../../../base/0.git/HEAD >.git/HEAD",
    "HEAD to an id that is not there": "echo 1234567890123456789012345678901234567890 >.git/HEAD",
    "config that is none": "echo '[[[' >.git/config",
    "another repository format": "git config core.repositoryformatversion 99",
    "unknown extension": "git config core.repositoryformatversion 1; git config extensions.nope true",
    "other hash": "git config core.repositoryformatversion 1; git config extensions.objectformat sha256",
    "work tree elsewhere": "git config core.worktree /etc",
    "alternates to odd places": "printf '/proc\\n/\\n../../..\\n/base\\n' >.git/objects/info/alternates",
    "no objects": "rm -rf .git/objects",
    "objects lost in part": "rm -rf .git/objects/pack; git init -q",
    "a FIFO among the refs": "rm -f .git/packed-refs; mkfifo .git/packed-refs",
    "a FIFO among the objects": "mkfifo .git/objects/info/alternates",
    "an endless HEAD": "rm .git/HEAD; ln -s /dev/zero .git/HEAD",
    "our own repository": "rm -rf .git; ln -s /base/0.git .git",
    "dangerous refs": "echo $(git rev-parse HEAD) refs/heads/../../../etc >>.git/packed-refs",
  };
  const trial = newTrial(context);
  trial.init({ "README.md": "a project\n", "src/main.c": "int main;\n", ".gitignore": "*.log\n*.tar\n" });
  trial.sh("echo l >tracked.log; git add -f tracked.log; git commit -qm log");
  const began = await trial.begin();
  await began.inside("tar cf whole.tar .git");
  for (const [name, script] of Object.entries(breakages)) {
    await began.inside(`rm -rf .git; tar xf whole.tar; echo new >new; echo changed >README.md; ${script}`);
    const work = await began.collect();
    assert.deepEqual(work.files, [".gitignore", "README.md", "new", "src/main.c", "tracked.log"], name);
    assert.equal(work.read("README.md"), "changed\n", name);
  }
});

test("row 139: nothing that an agent set up in its repository runs when its work is collected", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init({ a: "a\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n" });
  const began = await trial.begin();
  // Writes where the collection can write, were it ever called: the time limit and this canary tell.
  const canary = "touch /scratch/ran /tmp/ran /theirs/ran; echo ran >&2; exit 77";
  await began.inside(`
    mkdir -p node_modules/.bin .husky; printf '#!/bin/sh\\n${canary}\\n' >evil; chmod +x evil
    for p in node_modules/.bin/git git sh; do cp evil $p; done
    for h in post-index-change pre-commit reference-transaction post-checkout fsmonitor-watchman; do cp evil .git/hooks/$h 2>/dev/null || { mkdir -p .git/hooks; cp evil .git/hooks/$h; }; done
    E=/theirs/evil
    git config core.fsmonitor $E; git config core.hooksPath .husky; cp evil .husky/post-index-change; cp evil .husky/reference-transaction
    for k in filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.command diff.evil.textconv diff.external merge.evil.driver core.pager core.editor core.sshCommand core.askPass core.alternateRefsCommand credential.helper uploadpack.packObjectsHook gpg.program core.gitProxy ; do git config $k $E; done
    git config filter.evil.required true; git config include.path /theirs/more; git config alias.rev-parse "!$E"; git config alias.for-each-ref "!$E"
    git config remote.origin.url "ext::$E"; git config remote.origin.promisor true; git config extensions.partialClone origin; git config core.repositoryformatversion 1
    : >.git/objects/pack/pack-0000000000000000000000000000000000000000.promisor
    echo changed >a; mkdir sub; cd sub; git init -q; git config core.fsmonitor $E; echo s >s
  `);
  await assert.rejects(began.inside("git status; test ! -e /tmp/ran && test ! -e ran"), "the canary sings");
  await began.inside("rm -f ran");
  const work = await began.collect();
  assert.equal(work.read("a"), "changed\n");
  assert.ok(!work.files.includes("ran"));
  assert.deepEqual(work.embedded, ["sub"]);
  assert.equal(await began.inside("test ! -e ran && echo silent"), "silent\n");
});

test("row 143: a nested repository that is gone, or became a link, is one without files", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.sh("for r in one two; do git init -q deps/$r; (cd deps/$r; echo r >r; git add r; git commit -qm r); done");
  const began = await trial.begin();
  await began.inside("rm -rf deps/one deps/two; ln -s /usr/share deps/two");
  for (const path of ["deps/one", "deps/two"]) {
    const work = await began.collect({ path });
    assert.deepEqual(work.files, [], path);
    assert.equal(work.head, null);
  }
  assert.deepEqual((await began.collect()).files, ["README.md", "deps/two", "src/main.c"]);
});

test("row 139: replaced, grafted and odd refs change nothing of what is collected", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const began = await trial.begin();
  await began.inside(`
    echo x >x; git add .; git commit -qm x; git replace HEAD $(git commit-tree -m other $(git write-tree)); git rev-parse HEAD >.git/info/grafts
    mkdir -p ".git/refs/heads/a"; id=$(git rev-parse HEAD)
    printf "$id\\n" >".git/refs/heads/$(printf 'esc\\033[2J')"; printf "$id\\n" >'.git/refs/heads/a/b c'; printf "$id\\n" >.git/refs/heads/x.lock
    { for n in $(seq 5000); do echo "$id refs/heads/many/$n"; done; echo "$id refs/heads/nl"; } >.git/packed-refs
    printf 'zzz\\n' >.git/refs/heads/broken; ln -s /base/0.git/HEAD .git/refs/heads/link; ln -s loop .git/refs/heads/loop`);
  const work = await began.collect();
  assert.deepEqual(work.git("log", "--format=%s", work.work), "x\nfirst\n");
  assert.ok(work.refs.length > 100 && work.refs.length <= 1000);
  for (const { name } of work.refs) assert.match(name, /^refs\/heads\/[\w/]+$/);
});

test("row 143: links, depth, sparse giants and swarms of names cost a bounded time", {
  skip,
  timeout: 120_000,
}, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const began = await trial.begin();
  await began.inside(`
    truncate -s 3T giant; ln -s /proc/self/root out; ln -s /dev/zero zero; ln -s /base base
    p=deep; mkdir $p; cd $p; for n in $(seq 200); do mkdir d; cd d; done; echo deep >f; cd /project
    for n in $(seq 1500); do mkdir r$n; done; for n in $(seq 1500); do mkdir -p r$n/.git/objects r$n/.git/refs; echo ref: refs/heads/x >r$n/.git/HEAD; done`);
  const started = performance.now();
  const work = await began.collect();
  assert.ok(performance.now() - started < 60_000);
  assert.deepEqual(work.missed, ["giant"]);
  assert.ok(work.files.some((file) => file.endsWith("/d/f")));
  assert.equal(work.read("out"), "/proc/self/root");
  assert.equal(work.embedded.length, 1000);
});

test("work is collected while the agent writes all the time, and again and again", {
  skip,
  timeout: 120_000,
}, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const began = await trial.begin();
  const busy = began.inside(`
    n=0; while [ ! -e .git/stop ]; do n=$((n + 1)); head -c $((n % 900 * 300)) /dev/zero >noise; echo $n >a$((n % 50)); rm -f a$((n % 7)); git add -A 2>/dev/null || :; [ $((n % 20)) != 0 ] || git commit -qm $n || :; [ $n -lt 20000 ] || break; done`);
  let last = 0;
  try {
    for (let round = 0; round < 4; round += 1) {
      const work = await began.collect();
      assert.ok(work.files.includes("README.md"));
      last = Number(work.git("rev-list", "--count", work.work));
    }
  } finally {
    await began.inside("touch .git/stop");
    await busy;
  }
  assert.ok(last >= 1);
});

test("an interrupted collection ends at once and leaves nothing", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const began = await trial.begin();
  await began.inside("for n in 1 2 3 4 5 6 7 8; do truncate -s 900M big$n; done");
  const stop = new AbortController();
  const collected = began.collect({ signal: stop.signal });
  setTimeout(() => stop.abort("SIGINT"), 300);
  await assert.rejects(collected, { code: "BOTTLE_GONE" });
  assert.deepEqual(readdirSync(join(began.folder, "scratch")), []);
});

test("a change in the second of its commit, of the same size, is not missed because another file went", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init({ a: "a\n", b: "b\n" });
  const began = await trial.begin();
  // From the start of a second, so that all of it is of one time for git.
  await began.inside(`
    while [ "$(date +%N | cut -c1)" != 0 ]; do :; done
    echo 1 >a; git -c user.name=A -c user.email=a@b commit -qam one; echo 2 >a; rm b
    while [ "$(date +%N | cut -c1)" = 0 ]; do :; done; sleep 1.1
  `);
  const work = await began.collect();
  assert.equal(work.read("a"), "2\n");
  assert.ok(!work.files.includes("b"));
});
