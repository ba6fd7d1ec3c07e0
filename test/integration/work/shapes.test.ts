import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newTrial } from "../../support/work/trial.ts";

const skip = skipWithout("bubblewrap", "git");
const STATUS = "git status --porcelain=v2 --untracked-files=all";

test("a clean repository comes as it is: same commit, branches, tags, no change, whole objects", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.git("tag", "-am", "one", "v1");
  trial.git("branch", "other");
  const head = trial.git("rev-parse", "HEAD");
  const t0 = performance.now();
  const began = await trial.begin();
  context.diagnostic(`begin ${(performance.now() - t0).toFixed(0)} ms`);
  const [top] = began.base.repositories;
  assert.equal(`${top?.head}\n`, head);
  assert.equal(top?.snapshot, top?.head);
  assert.equal(top?.branch, "refs/heads/main");
  assert.equal(await began.inside(STATUS), "");
  assert.equal(await began.inside("git rev-parse HEAD"), head);
  assert.equal(
    await began.inside("git for-each-ref --format='%(refname) %(objecttype)'"),
    "refs/heads/main commit\nrefs/heads/other commit\nrefs/tags/v1 tag\n",
  );
  await began.inside("git fsck --full --strict && echo more >>README.md && git commit -qam second");
  const work = await began.collect();
  assert.equal(work.head, work.work);
  assert.equal(work.branch, "refs/heads/main");
  assert.equal(work.read("README.md"), "a project\nmore\n");
  assert.deepEqual(work.git("log", "--format=%s", work.work).split("\n"), ["second", "first", ""]);
});

test("what is not committed comes as one commit on top, what is ignored stays out unless it is included", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init({ a: "a\n", gone: "x\n", kept: "k\n", ".gitignore": "*.log\n/secret/\nbuild/\n" });
  trial.write("a", "changed\n");
  trial.write("new file", "n\n");
  trial.write("note.log", "l\n");
  trial.write("secret/key", "k\n");
  trial.write("build/out", "o\n");
  trial.write("mine.swp", "s\n");
  trial.write("private", "p\n");
  trial.sh(
    "rm gone; chmod +x kept; echo private >>.git/info/exclude; git add 'new file'; echo staged >staged; git add staged; echo later >staged",
  );
  const began = await trial.begin(trial.project, { include: ["build/"], ignored: "*.swp\n" });
  const [top] = began.base.repositories;
  assert.notEqual(top?.snapshot, top?.head);
  assert.equal(await began.inside(STATUS), "");
  assert.equal(await began.inside("git rev-parse HEAD^"), `${top?.head}\n`);
  const files = (await began.inside("git ls-files")).split("\n");
  assert.deepEqual(files, [".gitignore", "a", "build/out", "kept", "new file", "staged", ""]);
  assert.equal(await began.inside("ls -A | tr '\\n' ' '"), ".git .gitignore a build kept new file staged ");
  assert.equal(await began.inside("cat a staged; test -x kept"), "changed\nlater\n");
  // Nothing of the operator's changed.
  assert.match(trial.git("status", "--porcelain"), / M a\n D gone\n/);
  await began.inside("rm kept; echo more >>a; echo u >untracked; echo x >x.log");
  const work = await began.collect();
  assert.equal(work.head, top?.snapshot);
  assert.deepEqual(work.files, [".gitignore", "a", "build/out", "new file", "staged", "untracked"]);
  assert.equal(work.git("rev-parse", `${work.work}^`), `${top?.snapshot}\n`);
});

test("a repository without a commit", { skip }, async (context) => {
  for (const file of [null, "first"]) {
    const trial = newTrial(context);
    trial.git("init", "-q", "-b", "trunk");
    if (file !== null) trial.write(file, "f\n");
    const began = await trial.begin();
    const [top] = began.base.repositories;
    assert.equal(top?.head, null);
    assert.equal(top?.branch, "refs/heads/trunk");
    assert.equal(await began.inside(STATUS), "");
    assert.equal(await began.inside("git symbolic-ref HEAD"), "refs/heads/trunk\n");
    const before = await began.collect();
    assert.equal(before.work, top?.snapshot);
    await began.inside("echo s >second; git add .; git commit -qm second; echo t >third");
    const work = await began.collect();
    assert.deepEqual(work.files, [...(file === null ? [] : [file]), "second", "third"]);
    assert.equal(work.git("log", "--format=%s", `${work.head}`).split("\n")[0], "second");
  }
});

test("a detached HEAD stays detached", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.git("commit", "-q", "--allow-empty", "-m", "second");
  trial.git("checkout", "-q", "--detach", "HEAD~1");
  trial.write("new", "n\n");
  const began = await trial.begin();
  const [top] = began.base.repositories;
  assert.equal(top?.branch, null);
  assert.equal(await began.inside("git symbolic-ref -q HEAD || git rev-parse HEAD"), `${top?.snapshot}\n`);
  assert.equal(await began.inside(STATUS), "");
});

test("a merge or rebase that stopped at conflicts comes with its files as they lie there", {
  skip,
}, async (context) => {
  for (const command of ["merge other", "rebase other", "cherry-pick other"]) {
    const trial = newTrial(context);
    trial.init({ a: "a\n", b: "b\n" });
    trial.sh(`
      git checkout -q -b other; echo theirs >a; git rm -q b; echo new >c; git add -A; git commit -qm theirs
      git checkout -q main; echo ours >a; echo ours >b; git commit -qam ours
      ! git ${command} >/dev/null 2>&1`);
    const began = await trial.begin();
    assert.equal(await began.inside(STATUS), "");
    assert.match(await began.inside("cat a"), /^<<<<<<< [\s\S]*=======[\s\S]*>>>>>>> /);
    assert.equal(await began.inside("ls | tr '\\n' ' '"), "a b c ");
    await began.inside("echo merged >a; git commit -qam merged");
    assert.equal((await began.collect()).read("a"), "merged\n");
  }
});

test("a linked work tree, and a start in a folder below the top", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.git("worktree", "add", "-q", "-b", "topic", "../topic");
  const folder = trial.project.replace(/project$/, "topic");
  trial.gitIn(folder, "commit", "-q", "--allow-empty", "-m", "on topic");
  trial.sh("echo new >../topic/src/new; echo other >README.md");
  const began = await trial.begin(`${folder}/src`);
  assert.equal(began.plan.workspace.host, folder);
  assert.match(began.plan.workspace.cwd, /\/topic\/src$/);
  const [top] = began.base.repositories;
  assert.equal(top?.branch, "refs/heads/topic");
  assert.equal(top?.gitDir, `${trial.project}/.git/worktrees/topic`);
  assert.equal(
    await began.inside("git log --format=%s -2 && cat README.md src/new && git branch --format='%(refname)'"),
    "Work that was not committed when the bottle started\non topic\na project\nnew\nrefs/heads/main\nrefs/heads/topic\n",
  );
  assert.equal(await began.inside(STATUS), "");
});

test("work trees in the project's own folder stay out, and are no files of it", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.git("worktree", "add", "-q", "-b", "topic", "trees/topic");
  trial.write("trees/plain", "p\n");
  const began = await trial.begin();
  assert.equal(await began.inside("git ls-files trees; ls trees"), "trees/plain\nplain\n");
  assert.equal(began.base.repositories.length, 1);
  assert.match(began.said.join("\n"), /trees\/topic/);
  // The agent makes one too: its files are not the project's.
  await began.inside(
    "git worktree add -q -b mine trees/mine; echo x >trees/mine/x; git -C trees/mine add .; git -C trees/mine commit -qm mine",
  );
  const work = await began.collect();
  assert.deepEqual(work.files, ["README.md", "src/main.c", "trees/plain"]);
  assert.deepEqual(work.embedded, ["trees/mine"]);
  assert.deepEqual(
    work.refs.map(({ name }) => name),
    ["refs/heads/mine"],
  );
});

test("submodules: as they lie there, from this machine only", { skip }, async (context) => {
  const trial = newTrial(context);
  const library = `${trial.top}/library`;
  trial.sh(`
    git init -q ${library}; cd ${library}; echo l >lib.c; git add .; git commit -qm library
    cd ..; git init -q deep; cd deep; echo d >deep.c; git add .; git commit -qm deep; cd ../library
    git submodule --quiet add ${trial.top}/deep deep; git commit -qm 'with deep'`);
  trial.init();
  trial.sh(`
    for name in ready absent dirty ahead; do git submodule --quiet add ${library} libs/$name; done
    git commit -qm submodules
    git submodule --quiet update --init --recursive
    git submodule --quiet deinit -f libs/absent
    echo changed >libs/dirty/lib.c; echo new >libs/dirty/new
    cd libs/ahead; echo own >own.c; git add .; git commit -qm own`);
  const began = await trial.begin();
  assert.deepEqual(began.base.repositories.map(({ path }) => path).sort(), [
    "",
    "libs/ahead",
    "libs/ahead/deep",
    "libs/dirty",
    "libs/dirty/deep",
    "libs/ready",
    "libs/ready/deep",
  ]);
  assert.equal(
    await began.inside("cat libs/ready/deep/deep.c libs/dirty/lib.c libs/dirty/new libs/ahead/own.c; ls libs/absent"),
    "d\nchanged\nnew\nown\n",
  );
  assert.equal(await began.inside("cd libs/ready && git status --porcelain && git log --format=%s -1"), "with deep\n");
  const status = await began.inside("git submodule status --recursive");
  assert.match(status, /^ \w+ libs\/ready /m);
  assert.match(status, /^-\w+ libs\/absent/m);
  await began.inside("cd libs/ready; echo more >more; git add .; git commit -qm more");
  const work = await began.collect({ path: "libs/ready" });
  assert.deepEqual(work.files, [".gitmodules", "deep", "lib.c", "more"]);
  const above = await began.collect();
  assert.deepEqual(above.embedded.length, 0);
});

test("submodules of a linked work tree", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.sh("git init -q ../lib; cd ../lib; echo l >lib.c; git add .; git commit -qm library");
  trial.init();
  trial.sh(
    `git submodule --quiet add ${trial.top}/op/lib lib; git commit -qm sub; git worktree add -q ../tree; cd ../tree; git submodule --quiet update --init`,
  );
  const began = await trial.begin(`${trial.top}/op/tree`);
  assert.deepEqual(
    began.base.repositories.map(({ path }) => path),
    ["", "lib"],
  );
  assert.equal(await began.inside(`cat lib/lib.c; ${STATUS}`), "l\n");
});

test("a repository nobody told git about, in the work tree", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.sh("git init -q vendor/tool; cd vendor/tool; echo t >tool; git add .; git commit -qm tool; echo u >untracked");
  const began = await trial.begin();
  assert.deepEqual(
    began.base.repositories.map(({ path }) => path),
    ["", "vendor/tool"],
  );
  assert.equal(await began.inside("cat vendor/tool/tool; git -C vendor/tool log --format=%s -1 HEAD^"), "t\ntool\n");
  assert.deepEqual((await began.collect({ path: "vendor/tool" })).files, ["tool", "untracked"]);
  assert.deepEqual((await began.collect()).embedded, ["vendor/tool"]);
});
