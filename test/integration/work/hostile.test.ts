import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { skipWithout } from "../../support/needs.ts";
import { WorkBench } from "../../support/work/work-bench.ts";

const git = { skip: skipWithout("git") };

async function begun(): Promise<WorkBench> {
  const bench = new WorkBench();
  bench.commit(bench.host, { "a.txt": "a\n", "b.txt": "b\n" });
  await bench.begin();
  return bench;
}

/** A commit of a tree that git itself would not make; entries as `git mktree` takes them. */
function plantTree(
  bench: WorkBench,
  entries: readonly (readonly [mode: string, name: string, content: string])[],
): string {
  const parts: Buffer[] = [];
  for (const [mode, name, content] of entries) {
    writeFileSync(join(bench.folder, "blob"), content);
    const id =
      mode === "40000" || mode === "160000" ? content : bench.agent("hash-object", "-w", join(bench.folder, "blob"));
    parts.push(Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex"));
  }
  writeFileSync(join(bench.folder, "tree"), Buffer.concat(parts));
  const tree = bench.agent("hash-object", "-t", "tree", "-w", "--literally", join(bench.folder, "tree"));
  return bench.agent("commit-tree", tree, "-p", bench.snapshot, "-m", "planted");
}

/** The bottle says that this is its head and its work. */
function claim(bench: WorkBench, id: string): void {
  bench.agent("update-ref", "refs/heads/planted", id);
  bench.tamper = (collected) => ({ ...collected, head: id, work: id });
}

/** A pack (gitformat-pack(5)) with one object, a commit of this size by its header. */
function hugeCommit(size = 1536 * 2 ** 20): Buffer {
  const bytes = [0x80 | (1 << 4) | (size & 15)];
  let rest = Math.floor(size / 16);
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(0x80 | (rest & 127));
  bytes.push(rest);
  const body = Buffer.concat([
    Buffer.from("PACK\0\0\0\x02\0\0\0\x01", "latin1"),
    Buffer.from(bytes),
    deflateSync(Buffer.alloc(1 << 20)),
  ]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

test("rows 87, 139, 145: nothing that a repository or its configuration names is run on the host", git, async () => {
  using bench = await begun();
  const trap = join(bench.folder, "trap");
  const sprung = join(bench.folder, "sprung");
  writeFileSync(trap, `#!/bin/sh\necho "$0 $*" >>${sprung}\ncat\n`);
  chmodSync(trap, 0o755);
  // In the operator's own repository too: a filter, a hook or a driver there is theirs, and still not for these files.
  for (const where of [bench.host, bench.inside]) {
    const hooks = join(where, ".git/hooks");
    mkdirSync(hooks, { recursive: true });
    for (const hook of [
      "pre-commit",
      "post-commit",
      "post-checkout",
      "post-merge",
      "post-index-change",
      "reference-transaction",
      "prepare-commit-msg",
      "post-rewrite",
      "fsmonitor-watchman",
      "pre-auto-gc",
    ]) {
      symlinkSync(trap, join(hooks, hook));
    }
    const settings = {
      "core.fsmonitor": trap,
      "diff.external": trap,
      "diff.evil.command": trap,
      "diff.evil.textconv": trap,
      "filter.evil.clean": trap,
      "filter.evil.smudge": trap,
      "filter.evil.process": trap,
      "filter.evil.required": "true",
      "merge.evil.driver": `${trap} %O %A %B`,
      "core.editor": trap,
      "sequence.editor": trap,
      "core.pager": trap,
      "gpg.program": trap,
      "commit.gpgSign": "true",
      "core.sshCommand": trap,
      "core.askPass": trap,
      "credential.helper": trap,
      "core.alternateRefsCommand": trap,
      "uploadpack.packObjectsHook": trap,
    };
    for (const [key, value] of Object.entries(settings)) {
      writeFileSync(
        join(where, ".git/config"),
        `[${key.replace(/^([^.]*)\.(.*)\.([^.]*)$/, '$1 "$2"').replace(/^([^."]*)\.[^."]*$/, "$1")}]\n\t${key.split(".").at(-1)} = "${value}"\n`,
        { flag: "a" },
      );
    }
  }
  bench.write(bench.inside, {
    ".gitattributes": "* filter=evil diff=evil merge=evil text\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n\tupdate = none\n',
    ".husky/pre-commit": "exit 1\n",
    "a.txt": "agent\n",
  });
  const plain = { GIT_CONFIG_COUNT: "0" };
  const quiet = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "commit.gpgSign=false",
    "-c",
    "core.attributesFile=/dev/null",
  ];
  for (const word of ["clean", "smudge", "process"]) quiet.push("-c", `filter.evil.${word}=`);
  quiet.push("-c", "filter.evil.required=false");
  bench.gitWith(bench.inside, plain, ...quiet, "add", "-A");
  bench.gitWith(bench.inside, plain, ...quiet, "commit", "-q", "-m", "trap");
  bench.gitWith(bench.host, plain, ...quiet, "commit", "-q", "--allow-empty", "-m", "mine");
  // The stand-in for the cage must not spring it either.
  const collect = bench.gitWith.bind(bench);
  bench.gitWith = (where, env, ...args) => collect(where, env, ...quiet, ...args);
  const shown = await bench.diff();
  assert.equal(shown.code, 0, shown.said);
  assert.match(shown.said, /! \.gitattributes: git chooses filters/);
  const refused = await bench.apply();
  assert.equal(refused.code, 2);
  for (const path of [".gitattributes", ".gitmodules", ".husky/pre-commit"])
    assert.ok(refused.said.includes(`\n  ${path}: `));
  assert.equal((await bench.apply({ branch: "b", acceptAll: true })).code, 0);
  const done = await bench.apply({ acceptAll: true });
  assert.equal(done.code, 0, done.said);
  assert.equal(bench.read("a.txt"), "agent\n");
  // And a conflict, which real git handles.
  bench.write(bench.inside, { "b.txt": "agent\n" });
  bench.gitWith(bench.inside, plain, "commit", "-q", "-am", "b");
  bench.write(bench.host, { "b.txt": "mine\n" });
  bench.gitWith(bench.host, plain, "commit", "-q", "-am", "mine");
  assert.equal((await bench.diff()).code, 0);
  const conflict = await bench.apply({ acceptAll: true });
  assert.match(conflict.said, /git cherry-pick --continue/);
  assert.equal(existsSync(sprung), false, "a trap was sprung");
  // The traps are real ones. Where a file is as young as the index git calls the filter too, which speaks no protocol: it fails.
  try {
    collect(bench.host, {}, "status");
  } catch {}
  assert.equal(existsSync(sprung), true);
});

test("row 139: trees with git's own folder, in any spelling, are refused", git, async () => {
  for (const name of [".git", ".GIT", ".git ", "git~1", ".g\u200cit", ".git::$INDEX_ALLOCATION"]) {
    using bench = await begun();
    const hook = plantTree(bench, [["100755", "pre-commit", "#!/bin/sh\n"]]);
    const tree = bench.agent("rev-parse", `${hook}^{tree}`);
    claim(bench, plantTree(bench, [["40000", name, tree]]));
    for (const options of [{ acceptAll: true }, { acceptAll: true, branch: "b" }, { acceptAll: true, patch: true }]) {
      const refused = await bench.apply(options);
      assert.equal(refused.code, 5, `${JSON.stringify(name)}: ${refused.said}`);
      assert.match(refused.said, /WORK_UNREADABLE/);
    }
    assert.deepEqual([bench.pins, bench.status()], [[], ""]);
  }
});

test("row 139: paths that lead out, and modes that are none, are refused", git, async () => {
  for (const [mode, name] of [
    ["100644", ".."],
    ["100644", "."],
    ["100644", "a/b"],
    ["100644", ""],
    ["120000", ".gitmodules"],
  ] as const) {
    using bench = await begun();
    claim(bench, plantTree(bench, [[mode, name, "/etc/passwd"]]));
    const refused = await bench.apply({ acceptAll: true });
    assert.equal(refused.code, 5, `${name}: ${refused.said}`);
    assert.match(refused.said, /WORK_UNREADABLE/);
  }
});

test("row 139: a submodule whose URL or path is an option or a command is refused", git, async () => {
  for (const text of [
    '[submodule "x"]\n\tpath = x\n\turl = -u./evil\n',
    '[submodule "../../x"]\n\tpath = x\n\turl = https://example.com/\n',
  ]) {
    using bench = await begun();
    claim(
      bench,
      plantTree(bench, [
        ["100644", ".gitmodules", text],
        ["160000", "x", "1".repeat(40)],
      ]),
    );
    const refused = await bench.apply({ acceptAll: true });
    assert.equal(refused.code, 5, refused.said);
    assert.match(refused.said, /gitmodules/i);
  }
});

test("row 143: a link is asked about when it leads out, and nothing is written through one", git, async () => {
  using bench = await begun();
  const outside = join(bench.folder, "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(bench.inside, "way"));
  bench.commit(bench.inside, {}, "link");
  const refused = await bench.apply();
  assert.match(refused.said, /way: it is a link out of the folder, to \//);
  // The operator has a link of that name, ignored; the agent a folder.
  bench.agent("rm", "-q", "way");
  bench.commit(bench.inside, { "way/planted.txt": "planted\n" }, "folder");
  writeFileSync(join(bench.host, ".git/info/exclude"), "way\n");
  symlinkSync(outside, join(bench.host, "way"));
  for (const options of [{ acceptAll: true }, { acceptAll: true, patch: true }]) {
    const through = await bench.apply(options);
    assert.equal(through.code, 2, through.said);
    assert.match(through.said, /way/);
  }
  assert.deepEqual(readdirSync(outside), []);
});

test("row 139: what does not match its claim is refused", git, async () => {
  using bench = await begun();
  const head = bench.commit(bench.inside, { "a.txt": "agent\n" });
  const other = bench.agent("commit-tree", `${head}^{tree}`, "-m", "stranger");
  const pack = () => Readable.from([Buffer.from("PACK nothing of the kind")]);
  const lies: readonly (readonly [RegExp, typeof bench.tamper])[] = [
    [/refused by git/, (collected) => ({ ...collected, pack: pack() })],
    [/refused by git/, (collected) => ({ ...collected, pack: Readable.from([randomBytes(4096)]) })],
    // One commit that says it has 1.5 GiB: refused before a byte of memory is taken for it.
    [/over limit/, (collected) => ({ ...collected, pack: Readable.from([hugeCommit()]) })],
    [/lacks 1{40}/, (collected) => ({ ...collected, head: "1".repeat(40) })],
    [/id that is none/, (collected) => ({ ...collected, work: "--output=/tmp/x" })],
    [/does not stand on|lacks/, (collected) => ({ ...collected, work: other })],
    [/lacks|no commit/, (collected) => ({ ...collected, work: bench.agent("rev-parse", `${head}:a.txt`) })],
    [/impossible name/, (collected) => ({ ...collected, refs: [{ name: "refs/heads/../../x\u001b[2J", id: head }] })],
  ];
  for (const [words, lie] of lies) {
    bench.tamper = lie;
    const refused = await bench.apply({ acceptAll: true });
    assert.equal(refused.code, 5, refused.said);
    assert.match(refused.said, words);
    assert.doesNotMatch(refused.said, /\u001b/);
  }
  assert.deepEqual([bench.pins, bench.status()], [[], ""]);
  assert.deepEqual(
    readdirSync(bench.paths.folder).filter((name) => name.startsWith("quarantine")),
    [],
  );
});

test("row 139: a pack that lacks what it leads to is refused", git, async () => {
  using bench = await begun();
  const middle = bench.commit(bench.inside, { "a.txt": "one\n" });
  const head = bench.commit(bench.inside, { "a.txt": "two\n" });
  // Only the last commit comes out; its parent does not.
  bench.tamper = (collected) => {
    const args = ["pack-objects", "-q", "--revs", "--stdout"];
    const packed = spawnSync("git", ["-C", bench.inside, ...args], { env: bench.env, input: `${head}\n^${middle}\n` });
    return { ...collected, pack: Readable.from([packed.stdout]) };
  };
  const refused = await bench.apply({ acceptAll: true });
  assert.equal(refused.code, 5, refused.said);
  assert.match(refused.said, /WORK_UNREADABLE/);
  assert.deepEqual(bench.fulls, [false, true]);
});

test("row 129: what an agent named or wrote reaches a terminal only escaped", git, async () => {
  using bench = await begun();
  const evil = "\u001b]0;owned\u0007\u202e";
  bench.commit(bench.inside, { [`x${evil}.txt`]: `text ${evil}\r\u009b2J\n`, ".envrc": "x\n" }, `subject ${evil}`);
  bench.agent("branch", `b\u202e`, "HEAD");
  bench.agent("commit", "-q", "--allow-empty", "-m", "more");
  for (const terminal of [true, false]) {
    for (const options of [{}, { stat: true }]) {
      const { out, said, code } = await bench.diff(options, [], terminal);
      assert.equal(code, 0, said);
      assert.doesNotMatch(said, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
      if (terminal) assert.doesNotMatch(out, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
    }
  }
  const refused = await bench.apply();
  assert.match(refused.said, /\.envrc/);
  assert.doesNotMatch(refused.said, /[\u001b\u202e]/u);
});

test("row 139: replaced objects, grafts and borrowed objects in the bottle change nothing", git, async () => {
  using bench = await begun();
  const head = bench.commit(bench.inside, { "a.txt": "agent\n" });
  const other = bench.agent("commit-tree", `${bench.snapshot}^{tree}`, "-p", bench.snapshot, "-m", "innocent");
  bench.agent("replace", head, other);
  writeFileSync(join(bench.inside, ".git/info/grafts"), `${head}\n`);
  writeFileSync(join(bench.inside, ".git/objects/info/alternates"), "/etc\n");
  assert.match((await bench.diff()).out, /\+agent/);
});
