import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newTrial } from "../../support/work/trial.ts";

const skip = skipWithout("bubblewrap", "git");
const STATUS = "git status --porcelain=v2 --untracked-files=all";

test("a shallow clone stays one, and its work can be collected", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.sh("for n in 1 2 3; do git commit -q --allow-empty -m $n; done; git clone -q --depth 2 file://$PWD ../shallow");
  const began = await trial.begin(`${trial.top}/op/shallow`);
  assert.equal(
    await began.inside(`git log --format=%s; git rev-parse --is-shallow-repository; git fsck; ${STATUS}`),
    "3\n2\ntrue\n",
  );
  await began.inside("echo x >x; git add x; git commit -qm x; echo y >y");
  assert.deepEqual((await began.collect()).files, ["README.md", "src/main.c", "x", "y"]);
});

test("a partial clone comes with what it has, and fetches nothing", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init({ "a/one": "1\n", "b/two": "2\n" });
  trial.sh(`echo old >a/one; git commit -qam old; echo 1 >a/one; git commit -qam back
    git config uploadpack.allowFilter true; git config uploadpack.allowAnySHA1InWant true
    git clone -q --filter=blob:none --sparse file://$PWD ../partial; cd ../partial; git sparse-checkout set a
    echo mine >a/mine; rm -rf ${trial.project}.moved; mv ${trial.project} ${trial.project}.moved`);
  const began = await trial.begin(`${trial.top}/op/partial`);
  assert.equal(
    await began.inside(`cat a/one a/mine; ls; ${STATUS}; git log --format=%s`),
    "1\nmine\na\nWork that was not committed when the bottle started\nback\nold\nfirst\n",
  );
  await began.inside("git commit -q --allow-empty -m more; echo more >a/more");
  const work = await began.collect();
  assert.deepEqual(work.git("diff", "--name-only", began.base.repositories[0]?.snapshot ?? "", work.work), "a/more\n");
});

test("sparse checkouts stay sparse, in cones and not, with a sparse index too", { skip }, async (context) => {
  for (const set of ["set --cone a", "set --no-cone '/a/*'", "set --cone --sparse-index a"]) {
    const trial = newTrial(context);
    trial.init({ "a/one": "1\n", "b/two": "2\n", top: "t\n" });
    trial.sh(`git sparse-checkout ${set}; echo new >a/new`);
    const began = await trial.begin();
    const files = set.includes("--no-cone") ? "a " : "a top ";
    assert.equal(await began.inside(`ls | tr '\\n' ' '; ${STATUS}; git ls-files b`), `${files}b/two\n`, set);
    await began.inside("echo more >a/more; echo changed >a/one");
    const work = await began.collect();
    assert.deepEqual(work.files, ["a/more", "a/new", "a/one", "b/two", "top"], set);
  }
});

test("LFS: the agent gets the pointers that are committed, not what the operator's filter made of them", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  const pointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
  trial.init({ ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": pointer });
  // As git-lfs leaves it: the file whole, the index sure that nothing changed.
  trial.sh(`
    git config --global filter.lfs.clean 'printf %s "$(cat >/dev/null; cat ${trial.top}/pointer)"; echo'
    git config --global filter.lfs.smudge 'head -c 12345 /dev/zero'; git config --global filter.lfs.required true`);
  writeFileSync(`${trial.top}/pointer`, pointer);
  trial.sh(
    "rm big.bin; git checkout -q big.bin; test $(stat -c %s big.bin) = 12345; touch -d '1 hour ago' big.bin; git update-index -q --refresh || true; git status --porcelain",
  );
  const began = await trial.begin();
  assert.equal(began.base.repositories[0]?.snapshot, began.base.repositories[0]?.head);
  assert.equal(await began.inside(`cat big.bin; ${STATUS}`), pointer);
});

test("names that differ by case only, and names that no shell likes, arrive whole and go back whole", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  const names = [
    "README",
    "readme",
    "-n",
    "--help",
    "new\nline",
    "quo\"te'",
    "tab\tend ",
    "ünï",
    "*?[a]",
    "back\\slash",
    ":(top)x",
    "%s",
    "$HOME",
    " lead",
  ];
  trial.init(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
  trial.sh("printf raw >$'lat\\xe9in'; mkdir $'dir\\xff'; printf raw >$'dir\\xff/f'");
  const began = await trial.begin();
  assert.equal(await began.inside(`${STATUS} -z | tr '\\0' '\\n'; ls -A | wc -l`), `${names.length + 4}\n`);
  await began.inside(
    "printf x >$(printf 'lat\\351in'); rm -- -n; for f in 'quo\"te'\"'\" 'ünï' '*?[a]'; do echo changed >\"$f\"; done; printf y >$(printf 'n\\nm')",
  );
  const work = await began.collect();
  assert.ok(!work.files.includes("-n"));
  assert.equal(work.read("*?[a]"), "changed\n");
  assert.equal(work.read("README"), "README\n");
  assert.equal(work.git("diff", "--name-only", "-z", `${work.head}`, work.work).split("\0").length, 7);
});

test("sha256, packed and many refs, alternates, a split index", { skip }, async (context) => {
  const sha256 = newTrial(context);
  sha256.git("init", "-q", "--object-format=sha256");
  sha256.write("a", "a\n");
  sha256.sh("git add a; git commit -qm a; echo b >b");
  const other = await sha256.begin();
  assert.equal(other.base.repositories[0]?.snapshot.length, 64);
  await other.inside("echo c >c");
  assert.deepEqual((await other.collect()).files, ["a", "b", "c"]);

  const trial = newTrial(context);
  trial.init();
  trial.sh(`
    id=$(git rev-parse HEAD); for n in $(seq 500); do echo "create refs/tags/t$n $id"; done | git update-ref --stdin; git pack-refs --all
    git branch loose; git clone -q --shared . ../shared; git clone -q --reference . ../shared ../both 2>/dev/null
    cd ../both; git remote set-url origin /nowhere; git update-index --split-index; echo n >n; git add n; echo m >m`);
  for (const name of ["project", "shared", "both"]) {
    const began = await trial.begin(`${trial.top}/op/${name}`);
    assert.equal(
      await began.inside(
        `git fsck --connectivity-only; ${STATUS}; git tag | wc -l; test ! -e .git/objects/info/alternates`,
      ),
      "500\n",
    );
    await began.inside(
      "git update-index --split-index; echo x >x; git add x; printf 'x\\n' >>.git/info/exclude; echo w >w",
    );
    const work = await began.collect();
    assert.deepEqual(
      work.files.filter((file) => file.length === 1),
      name === "both" ? ["m", "n", "w", "x"] : ["w", "x"],
    );
    assert.equal(work.refs.length, 0);
  }
});

test("links, modes and line ends stay", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init({
    ".gitattributes": "*.bat text eol=crlf\n*.txt text\n",
    "run.sh": "#!/bin/sh\n",
    "a.bat": "echo\r\n",
    "a.txt": "t\n",
  });
  trial.sh(
    "git config core.autocrlf true; chmod +x run.sh; ln -s nowhere dangling; ln -s /etc/passwd absolute; ln -s . loop; git add -A; git commit -qm links; rm a.bat a.txt; git checkout -q .",
  );
  const began = await trial.begin();
  assert.equal(
    await began.inside(
      `${STATUS}; readlink absolute dangling loop; test -x run.sh; cat a.bat a.txt | od -An -c | tr -d ' \\n'`,
    ),
    "/etc/passwd\nnowhere\n.\necho\\r\\nt\\r\\n",
  );
  await began.inside("printf 'echo more\\r\\n' >a.bat; ln -sf /elsewhere absolute; chmod -x run.sh");
  const work = await began.collect();
  assert.equal(work.read("a.bat"), "echo more\n");
  assert.equal(work.read("absolute"), "/elsewhere");
  assert.match(work.git("ls-tree", work.work, "run.sh", "absolute"), /120000.*absolute\n100644.*run.sh/);
});

test("what cannot be read is left out and named; FIFOs and sockets stop nothing", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init({ a: "a\n", b: "b\n", tracked: "t\n" });
  trial.sh(
    "mkfifo fifo; rm tracked; mkfifo tracked; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")' || true; echo changed >a; echo n >closed; chmod 0 closed b; mkdir shutdir; echo s >shutdir/s; chmod 0 shutdir",
  );
  const began = await trial.begin();
  assert.equal(
    await began.inside("ls | tr '\\n' ' '; cat a"),
    process.getuid?.() === 0 ? "a b closed shutdir tracked changed\n" : "a b tracked changed\n",
  );
  assert.match(began.said.join("\n"), /tracked could not be read/);
  if (process.getuid?.() !== 0) {
    for (const name of ["closed", "shutdir/"])
      assert.match(began.said.join("\n"), new RegExp(`${name} could not be read`));
  }
  await began.inside(
    "echo more >more; echo secret >shut; chmod 0 shut; rm b; mkfifo b; mkfifo fifo2; echo own >a; mkdir hidden; echo h >hidden/h; chmod 0 hidden",
  );
  const work = await began.collect();
  assert.deepEqual([...work.missed].sort(), ["b", "hidden/", "shut"]);
  assert.ok(work.files.includes("more") && !work.files.includes("shut"));
  assert.equal(work.read("a"), "own\n");
});

test("a bare repository is no work tree: its folder is copied as files", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.sh("git clone -q --bare . ../bare.git");
  const began = await trial.begin(`${trial.top}/op/bare.git`);
  assert.equal(began.base.kind, "copy");
  await began.inside("echo x >x");
  const work = await began.collect();
  assert.ok(work.files.includes("HEAD") && work.files.includes("x"));
});

test("a plain folder with repositories in it: files are compared, git data is not", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.sh(
    "echo a >a; mkdir b; echo b >b/b; printf '*\\n' >.gitignore; for r in one b/two; do git init -q $r; (cd $r; echo r >r; git add r; git commit -qm r; echo u >u); done",
  );
  const began = await trial.begin();
  assert.equal(began.base.kind, "copy");
  assert.deepEqual(
    began.base.repositories.map(({ path }) => path),
    ["", "b/two", "one"],
  );
  await began.inside(
    "echo more >>a; rm b/b; echo n >one/n; git -C one add .; git -C one commit -qm inside; git init -q .; git add -fA . 2>/dev/null; git commit -qm all",
  );
  const top = await began.collect();
  assert.equal(top.head, null);
  assert.deepEqual(top.files, [".gitignore", "a"]);
  assert.equal(
    top.git("log", "--format=%s", top.work),
    "Work that was not committed in the bottle\nThe folder as it was when the bottle started\n",
  );
  assert.deepEqual((await began.collect({ path: "one" })).files, ["n", "r", "u"]);
});

test("a file that changes while it is read stops neither a start nor a collection", {
  skip,
  timeout: 120_000,
}, async (context) => {
  const trial = newTrial(context);
  trial.init();
  trial.sh(
    "touch ../on; (while [ -e ../on ]; do head -c $((RANDOM * 8)) /dev/urandom >noise; rm -f gone; echo x >gone; done) >/dev/null 2>&1 &",
  );
  try {
    for (let round = 0; round < 3; round += 1) {
      const began = await trial.begin();
      assert.match(await began.inside("git ls-files"), /README.md/);
    }
  } finally {
    trial.sh("rm -f ../on");
  }
});

test("whatever the operator's umask, the agent can be read later", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const before = process.umask(0o077);
  try {
    const began = await trial.begin();
    mkdirSync(`${trial.top}/probe`);
    assert.equal(statSync(`${trial.top}/probe`).mode & 0o777, 0o700);
    await began.inside("git branch new; git checkout -q new; git commit -q --allow-empty -m x; git checkout -q main");
    assert.deepEqual(
      (await began.collect()).refs.map(({ name }) => name),
      ["refs/heads/new"],
    );
  } finally {
    process.umask(before);
  }
});
