import assert from "node:assert/strict";
import { chmodSync, lstatSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

async function applied(bench: WorkBench, options = {}): Promise<void> {
  const done = await bench.apply({ acceptAll: true, ...options });
  assert.equal(done.code, 0, done.said);
}

test("a repository without a commit: the agent's first ones become the operator's", git, async () => {
  using bench = new WorkBench();
  bench.write(bench.host, { "draft.txt": "draft\n" });
  await bench.begin();
  bench.commit(bench.inside, { "a.txt": "a\n" }, "first");
  bench.write(bench.inside, { "b.txt": "b\n" });
  await applied(bench);
  assert.equal(bench.git(bench.host, "log", "--format=%s"), "first");
  assert.equal(bench.git(bench.host, "ls-files"), "a.txt");
  assert.equal(bench.status(), "?? b.txt\n?? draft.txt");
  assert.equal(bench.git(bench.host, "symbolic-ref", "HEAD"), "refs/heads/main");
});

test("a detached HEAD moves on and no branch does", git, async () => {
  using bench = new WorkBench();
  const first = bench.commit(bench.host, { "a.txt": "a\n" });
  bench.commit(bench.host, { "a.txt": "b\n" });
  bench.git(bench.host, "checkout", "-q", first);
  await bench.begin();
  const head = bench.commit(bench.inside, { "c.txt": "c\n" });
  await applied(bench);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), head);
  assert.notEqual(bench.git(bench.host, "rev-parse", "main"), head);
});

test("in the middle of a merge commits wait, and --patch and --branch do not", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "b.txt": "b\n" });
  bench.git(bench.host, "checkout", "-q", "-b", "side");
  bench.commit(bench.host, { "a.txt": "side\n" });
  bench.git(bench.host, "checkout", "-q", "main");
  bench.commit(bench.host, { "a.txt": "main\n" });
  await bench.begin();
  bench.commit(bench.inside, { "b.txt": "agent\n" });
  assert.throws(() => bench.git(bench.host, "merge", "-q", "side"));
  const refused = await bench.apply();
  assert.match(refused.said, /a merge is under way/);
  await applied(bench, { branch: "review" });
  await applied(bench, { patch: true });
  assert.equal(bench.read("b.txt"), "agent\n");
  assert.match(bench.status(), /^UU a\.txt/m);
  // A file that is itself being merged is the operator's.
  bench.commit(bench.inside, { "a.txt": "agent too\n" });
  assert.match((await bench.apply({ patch: true })).said, /local changes[\s\S]*a\.txt/);
});

test("modes, renames, deletions, links, binary and empty files arrive as they are", git, async () => {
  using bench = new WorkBench();
  const bytes = Buffer.from([0, 255, 13, 10, 0, 27, 91, 50, 74]);
  bench.commit(bench.host, { "run.sh": "echo\n", "old.txt": "text\n".repeat(20), "gone.txt": "gone\n", "d/f": "f\n" });
  await bench.begin();
  chmodSync(join(bench.inside, "run.sh"), 0o755);
  renameSync(join(bench.inside, "old.txt"), join(bench.inside, "renamed.txt"));
  symlinkSync("run.sh", join(bench.inside, "link"));
  bench.commit(bench.inside, { "gone.txt": null, d: null, "bytes.bin": bytes, empty: "" }, "one");
  bench.write(bench.inside, { d: "a file where a folder was\n", "renamed.txt": null, "renamed.txt/now": "a folder\n" });
  await applied(bench);
  assert.equal((lstatSync(join(bench.host, "run.sh")).mode & 0o111) !== 0, true);
  assert.equal(readlinkSync(join(bench.host, "link")), "run.sh");
  assert.equal(bench.read("d"), "a file where a folder was\n");
  assert.equal(bench.read("renamed.txt/now"), "a folder\n");
  assert.deepEqual([bench.read("gone.txt"), bench.read("old.txt"), bench.read("empty")], [null, null, ""]);
  assert.equal(bench.git(bench.host, "hash-object", "bytes.bin"), bench.git(bench.inside, "hash-object", "bytes.bin"));
});

test("a folder where a file was lands, and lands again as nothing", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { file: "f\n", "folder/in": "i\n" });
  await bench.begin();
  bench.write(bench.inside, { file: null, folder: null });
  bench.write(bench.inside, { "file/in": "now\n", folder: "now\n" });
  await applied(bench);
  const first = [bench.status(), bench.read("file/in"), bench.read("folder")];
  assert.deepEqual(first.slice(1), ["now\n", "now\n"]);
  await applied(bench);
  assert.deepEqual([bench.status(), bench.read("file/in"), bench.read("folder")], first);
  bench.write(bench.host, { "file/in": "mine\n" });
  const refused = await bench.apply({ acceptAll: true });
  assert.match(refused.said, /nothing was changed[\s\S]*file\/in/);
  assert.equal(refused.code, 2);
  assert.equal(bench.read("file/in"), "mine\n");
});

test("names with line feeds, escapes, quotes, other letters, bytes that are no text, and case only", git, async () => {
  using bench = new WorkBench();
  const names = [
    "line\nfeed",
    "esc\u001b[2Jape",
    'quo"te',
    "back\\slash",
    "tab\tbed",
    "日本語/ümläut",
    " spaces ",
    "-rf",
    ":(top)x",
  ];
  const latin = Buffer.concat([Buffer.from(`${bench.inside}/`), Buffer.from([0xe9, 0x2e, 0x74])]);
  bench.commit(bench.host, {
    "Name.txt": "upper\n",
    ...Object.fromEntries(names.slice(0, 3).map((name) => [name, "old\n"])),
  });
  await bench.begin();
  writeFileSync(latin, "latin\n");
  const files = Object.fromEntries(names.map((name) => [name, `${name}\n`]));
  bench.commit(bench.inside, { ...files, "name.txt": "lower\n" }, "names");
  bench.write(bench.inside, { "line\nfeed": "again\n", "new\nline": "untracked\n" });
  await applied(bench);
  for (const name of names.slice(1)) assert.equal(bench.read(name), `${name}\n`);
  assert.deepEqual([bench.read("line\nfeed"), bench.read("new\nline")], ["again\n", "untracked\n"]);
  assert.deepEqual([bench.read("Name.txt"), bench.read("name.txt")], ["upper\n", "lower\n"]);
  const status = bench.git(bench.host, "status", "--porcelain", "-z", "--untracked-files=all");
  assert.equal(status, " M line\nfeed\0?? new\nline\0");
  assert.equal(bench.git(bench.host, "ls-files", "-z", "--", "*.t").length, 4);
});

test("line ends by .gitattributes are the operator's setting on both sides", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { ".gitattributes": "*.bat text eol=crlf\n", "a.bat": "one\r\n", "b.txt": "b\n" });
  assert.equal(bench.status(), "");
  await bench.begin();
  bench.commit(bench.inside, { "a.bat": "one\r\ntwo\r\n" });
  bench.write(bench.inside, { "c.bat": "new\r\n" });
  await applied(bench);
  assert.equal(bench.read("a.bat"), "one\r\ntwo\r\n");
  assert.equal(bench.read("c.bat"), "new\r\n");
  assert.equal(bench.git(bench.host, "show", "HEAD:a.bat"), "one\ntwo");
  assert.equal(bench.status(), "?? c.bat");
});

test("sha256 repositories", git, async () => {
  using bench = new WorkBench({ objectFormat: "sha256" });
  bench.commit(bench.host, { "a.txt": "a\n" });
  await bench.begin();
  bench.commit(bench.host, { "mine.txt": "mine\n" });
  bench.commit(bench.inside, { "a.txt": "b\n" });
  bench.write(bench.inside, { "c.txt": "c\n" });
  await applied(bench);
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD").length, 64);
  assert.equal(bench.status(), "?? c.txt");
});

test("a shallow clone: what was cut off is neither needed nor lost", git, async () => {
  using bench = new WorkBench();
  const source = join(bench.folder, "source");
  bench.write(source, {});
  bench.git(bench.folder, "init", "-q", source);
  for (const name of ["1", "2", "3"]) bench.commit(source, { "a.txt": `${name}\n` }, name);
  bench.write(bench.folder, { host: null });
  bench.git(bench.folder, "clone", "-q", "--depth=1", `file://${source}`, bench.host);
  await bench.begin();
  bench.commit(bench.host, { "mine.txt": "mine\n" }, "mine");
  bench.commit(bench.inside, { "a.txt": "agent\n" }, "agent");
  await applied(bench);
  assert.equal(bench.git(bench.host, "log", "--format=%s"), "agent\nmine\n3");
  assert.equal(bench.git(bench.host, "rev-parse", "--is-shallow-repository"), "true");
  bench.git(bench.host, "fsck", "--connectivity-only");
});

test("a linked work tree: its own HEAD and index, nobody else's", git, async () => {
  using bench = new WorkBench();
  const main = join(bench.folder, "main");
  bench.git(bench.folder, "init", "-q", main);
  const first = bench.commit(main, { "a.txt": "a\n" });
  bench.write(bench.folder, { host: null });
  bench.git(main, "worktree", "add", "-q", "-b", "topic", bench.host);
  await bench.begin();
  const head = bench.commit(bench.inside, { "a.txt": "agent\n" });
  await applied(bench);
  assert.equal(bench.git(bench.host, "rev-parse", "topic"), head);
  assert.equal(bench.git(main, "rev-parse", "HEAD"), first);
  assert.equal(bench.git(main, "status", "--porcelain"), "");
});

test("a sparse checkout stays sparse, and an uncommitted change in what it leaves out arrives", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "in/a.txt": "a\n", "out/b.txt": "b\n", "out/c.txt": "c\n" });
  bench.git(bench.host, "sparse-checkout", "set", "in");
  await bench.begin();
  bench.git(bench.inside, "sparse-checkout", "disable");
  bench.commit(bench.inside, { "in/a.txt": "aa\n", "out/b.txt": "bb\n" });
  bench.write(bench.inside, { "out/c.txt": "cc\n" });
  await applied(bench);
  assert.deepEqual([bench.read("in/a.txt"), bench.read("out/b.txt"), bench.read("out/c.txt")], ["aa\n", null, "cc\n"]);
  assert.equal(bench.git(bench.host, "show", "HEAD:out/b.txt"), "bb");
  assert.equal(bench.status(), " M out/c.txt");
});

test("submodules: the work in them lands in them, before what names them", git, async () => {
  using bench = new WorkBench();
  const library = join(bench.folder, "library");
  bench.git(bench.folder, "init", "-q", library);
  bench.commit(library, { "l.txt": "l\n" });
  bench.commit(bench.host, { "a.txt": "a\n" });
  bench.gitWith(bench.host, { GIT_ALLOW_PROTOCOL: "file" }, "submodule", "--quiet", "add", library, "libs/x");
  bench.git(bench.host, "commit", "-q", "-m", "submodule");
  await bench.begin(["libs/x"]);
  const inner = bench.commit(join(bench.inside, "libs/x"), { "l.txt": "agent\n" }, "inner");
  bench.agent("commit", "-q", "-am", "outer");
  bench.write(bench.inside, { "libs/x/new.txt": "new\n" });
  const shown = await bench.diff();
  assert.match(shown.out, /^--- a\/libs\/x\/l\.txt$/m);
  assert.match((await bench.diff({}, ["libs/x/new.txt"])).out, /^\+\+\+ b\/libs\/x\/new\.txt$/m);
  assert.match((await bench.apply()).said, /libs\/x: it is another repository, at/);
  await applied(bench);
  const host = join(bench.host, "libs/x");
  assert.equal(bench.git(host, "rev-parse", "HEAD"), inner);
  assert.equal(bench.git(host, "status", "--porcelain"), "?? new.txt");
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD:libs/x"), inner);
  assert.equal(bench.git(bench.host, "status", "--porcelain", "--ignore-submodules=untracked"), "");
});

test(
  "an empty commit stays, one that the operator has already goes, and an orphan lands as a change",
  git,
  async () => {
    using bench = new WorkBench();
    bench.commit(bench.host, { "a.txt": "a\n" });
    await bench.begin();
    bench.commit(bench.host, { "a.txt": "same\n" }, "mine, the same");
    bench.commit(bench.inside, { "a.txt": "same\n" }, "the same");
    bench.commit(bench.inside, {}, "empty");
    await applied(bench);
    assert.equal(bench.git(bench.host, "log", "--format=%s"), "empty\nmine, the same\nchange");
    bench.agent("checkout", "-q", "--orphan", "fresh");
    bench.commit(bench.inside, { "a.txt": "same\n", "o.txt": "o\n" }, "orphan");
    await applied(bench);
    assert.equal(bench.read("o.txt"), "o\n");
    assert.equal(bench.git(bench.host, "log", "-1", "--format=%s"), "orphan");
  },
);

test("a repository that was deleted and cloned again takes a full pack", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n" }, "old");
  await bench.begin();
  bench.commit(bench.inside, { "a.txt": "agent\n" }, "agent");
  bench.write(bench.host, { ".git": null, "a.txt": "a\n" });
  bench.git(bench.host, "init", "-q");
  bench.commit(bench.host, { "a.txt": "a\n" }, "another history");
  await applied(bench);
  assert.deepEqual(bench.fulls, [true]);
  assert.equal(bench.git(bench.host, "log", "--format=%s"), "agent\nanother history");
});

test("a large file goes through", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n" });
  await bench.begin();
  bench.commit(bench.inside, { "large.bin": Buffer.alloc(48 << 20, "0123456789abcdef\n") });
  await applied(bench);
  assert.equal(lstatSync(join(bench.host, "large.bin")).size, 48 << 20);
});

test("--from takes another branch of the bottle", git, async () => {
  using bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n" });
  await bench.begin();
  bench.agent("checkout", "-q", "-b", "idea");
  const idea = bench.commit(bench.inside, { "idea.txt": "idea\n" });
  bench.agent("checkout", "-q", "main");
  assert.match((await bench.diff()).said, /refs\/heads\/idea: bottle diff bench --from idea/);
  assert.match((await bench.diff({ from: "idea" })).out, /\+idea/);
  assert.match((await bench.apply({ from: "ideas" })).said, /there are: refs\/heads\/idea/);
  await applied(bench, { from: "idea", expect: undefined });
  assert.equal(bench.git(bench.host, "rev-parse", "HEAD"), idea);
});
