import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryAt } from "../../../src/host/repository.ts";
import { skipWithout } from "../../support/needs.ts";
import { type Began, newTrial, type Trial } from "../../support/work/trial.ts";

const skip = skipWithout("bubblewrap", "git");

/** A program that leaves its mark: on the host in one place, in a workshop, which has none of it, wherever it can write. */
function plant(trial: Trial): string {
  const canary = join(trial.top, "canary");
  trial.write(
    "evil",
    `#!/bin/sh\nexec 2>/dev/null\n(echo "$0" >>${canary}) || for f in /target/ran /base/ran /tmp/ran; do (echo "$0" >>$f); done\nexit 77\n`,
  );
  trial.sh("chmod +x evil");
  return join(trial.project, "evil");
}

function silent(trial: Trial, began?: Began): void {
  assert.ok(!existsSync(join(trial.top, "canary")), "something of the repository ran on the host");
  if (began === undefined) return;
  const places = [
    began.workspace,
    join(began.folder, "base"),
    ...readdirSync(join(began.folder, "base")).map((name) => join(began.folder, "base", name)),
  ];
  for (const folder of places)
    assert.ok(!existsSync(join(folder, "ran")), "something of the repository ran in the workshop");
}

test("rows 139, 145: nothing that a repository names is run by a start, on the host or in the workshop", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.init({ a: "a\n", "b.txt": "b\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n" });
  const evil = plant(trial);
  trial.sh(`
    git init -q ../lib; (cd ../lib; echo l >l; git add .; git commit -qm l)
    git -c protocol.file.allow=always submodule --quiet add ../lib sub; git config -f .gitmodules submodule.ext.path ext; git config -f .gitmodules submodule.ext.url 'ext::${evil}'; git commit -qam sub
    git -C sub config core.fsmonitor ${evil}; git -C sub config filter.evil.clean ${evil}; echo '* filter=evil' >sub/.gitattributes; echo changed >sub/l
    git branch other; mkdir -p node_modules/.bin .husky; for p in git sh tar xargs; do cp evil node_modules/.bin/$p; cp evil $p; done
    for h in post-index-change reference-transaction post-checkout pre-commit post-commit pre-auto-gc; do cp evil .husky/$h; cp evil .git/hooks/$h; done
    echo changed >a; echo new >new
    for k in core.fsmonitor filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.command diff.evil.textconv diff.external merge.evil.driver core.pager core.editor core.sshCommand core.askPass core.alternateRefsCommand core.gitProxy credential.helper uploadpack.packObjectsHook gpg.program sequence.editor interactive.diffFilter; do git config $k ${evil}; done
    for k in alias.rev-parse alias.for-each-ref alias.config; do git config $k '!${evil}'; done
    git config filter.evil.required true; git config core.hooksPath .husky; git config core.worktree ${trial.project}; git config core.attributesFile ${trial.project}/.gitattributes; git config core.excludesFile /etc/passwd
    git config include.path ${trial.project}/more; printf '[core]\\n\\tfsmonitor = ${evil}\\n' >more; git config includeIf.gitdir:/.path ${trial.project}/more
    git config remote.origin.url 'ext::${evil} %S'; git config remote.origin.promisor true; git config remote.origin.uploadpack ${evil}; git config remote.origin.vcs evil; git config url.ext::${evil}.insteadOf https://
  `);
  await assert.rejects(async () => trial.git("status") && silent(trial), "the canary sings");
  trial.sh("rm -f ../../canary");
  const began = await trial.begin();
  silent(trial, began);
  const config = await began.inside("cat .git/config sub/.git/config");
  assert.doesNotMatch(config, /evil|husky|include|ext::|fsmonitor|insteadof/i);
  assert.equal(
    await began.inside("cat a; git status --porcelain a b.txt new; ls .git/hooks 2>/dev/null | wc -l"),
    "changed\n0\n",
  );
  await began.inside("echo more >>a");
  await began.collect();
  silent(trial, began);
});

test("row 145: a .git that leads to another repository of the operator is refused, or gives nothing of it", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.sh(`
    git init -q ../private; (cd ../private; echo topsecret >key; git add .; git commit -qm hushhush; git branch keep; git worktree add -q ../tree)
    git init -q ../own; (cd ../own; echo o >o; git add .; git commit -qm own)`);
  const home = join(trial.top, "op");
  const refused: Readonly<Record<string, string>> = {
    "a link": `ln -s ${home}/private/.git .git`,
    "a file": `echo gitdir: ${home}/private/.git >.git`,
    "a work tree's": `echo gitdir: ${home}/private/.git/worktrees/tree >.git`,
    "a file to a folder of its own with a commondir": `mkdir g; echo ref: refs/heads/main >g/HEAD; echo ${home}/private/.git >g/commondir; echo gitdir: g >.git`,
    "a folder of its own that leads back": `mkdir -p g/worktrees/x; echo ref: refs/heads/main >g/worktrees/x/HEAD; echo ${home}/private/.git >g/worktrees/x/commondir; pwd | sed 's#$#/.git#' >g/worktrees/x/gitdir; echo gitdir: g/worktrees/x >.git`,
    "linked objects": `cp -r ${home}/own/.git .git; rm -rf .git/objects; ln -s ${home}/private/.git/objects .git/objects`,
    "a submodule of nothing": `echo gitdir: ${home}/private/.git/modules/x >.git`,
    itself: "echo gitdir: .git >.git",
  };
  for (const [name, script] of Object.entries(refused)) {
    trial.sh(`rm -rf ../case; mkdir ../case; cd ../case; ${script}`);
    assert.equal((await repositoryAt(join(home, "case"))).kind, "refused", name);
    await assert.rejects(trial.begin(join(home, "case")), /could be another repository/, name);
  }
  const harmless: Readonly<Record<string, string>> = {
    commondir: `echo ${home}/private/.git >.git/commondir`,
    "linked refs": `rm -rf .git/refs; ln -s ${home}/private/.git/refs .git/refs`,
    "a linked ref": `ln -s ${home}/private/.git/refs/heads/keep .git/refs/heads/stolen`,
    "a linked HEAD": `rm .git/HEAD; ln -s ${home}/private/.git/HEAD .git/HEAD`,
    "linked packed-refs": `git -C ${home}/private pack-refs --all; ln -s ${home}/private/.git/packed-refs .git/packed-refs`,
    "a linked index": `rm .git/index; ln -s ${home}/private/.git/index .git/index`,
    "a linked config": `rm .git/config; ln -s ${home}/private/.git/config .git/config`,
    "linked packs": `rm -rf .git/objects/pack; git -C ${home}/private repack -qad; ln -s ${home}/private/.git/objects/pack .git/objects/pack`,
    "an untracked repository that leads there": `mkdir nested; echo gitdir: ${home}/private/.git >nested/.git; echo n >nested/n`,
    "a gitlink that leads there": `mkdir nested; echo gitdir: ${home}/private/.git >nested/.git; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),nested`,
    "a link to it": `ln -s ${home}/private nested`,
    "a work tree of its own elsewhere": `git config core.worktree ${home}/private`,
  };
  for (const [name, script] of Object.entries(harmless)) {
    trial.sh(`rm -rf ../case; cp -r ../own ../case; cd ../case; ${script}`);
    const began = await trial.begin(join(home, "case")).catch((error: { code?: string }) => {
      assert.equal(error.code, "PROVISION_FAILED", `${name}: ${String(error)}`);
      return null;
    });
    if (began === null) continue;
    const all = await began.inside(
      "grep -rl topsecret . || git cat-file --batch-all-objects --batch | grep -a 'topsecret\\|hushhush' || echo nothing",
    );
    assert.equal(all, "nothing\n", name);
  }
});

test("row 145: objects that are borrowed are named to the operator, and brought only where history reaches them", {
  skip,
}, async (context) => {
  const trial = newTrial(context);
  trial.sh("git init -q ../private; cd ../private; echo topsecret >key; git add .; git commit -qm private");
  trial.init();
  trial.sh("echo ../../../private/.git/objects >.git/objects/info/alternates");
  const began = await trial.begin();
  assert.match(began.said.join("\n"), /borrows objects from .*\/private\/.git\/objects/);
  assert.equal(await began.inside("git cat-file --batch-all-objects --batch | grep -ac topsecret || :"), "0\n");
});

test("row 145: what is corrupt is said, and nothing half comes in", { skip }, async (context) => {
  const damages: Readonly<Record<string, string>> = {
    "a blob that is missing": "rm -f .git/objects/$(git rev-parse HEAD:a | sed 's#..#&/#')",
    "a blob of noise":
      "f=.git/objects/$(git rev-parse HEAD:a | sed 's#..#&/#'); chmod u+w $f; head -c 100 /dev/urandom >$f",
    "a commit that is missing": "rm -f .git/objects/$(git rev-parse HEAD~1 | sed 's#..#&/#')",
    "an index of noise": "head -c 4000 /dev/urandom >.git/index",
  };
  for (const [name, script] of Object.entries(damages)) {
    const trial = newTrial(context);
    trial.init({ a: "a\n" });
    trial.sh(`echo b >b; git add b; git commit -qm b; ${script}`);
    await assert.rejects(trial.begin(), (error: { code?: string; message?: string }) => {
      assert.equal(error.code, "PROVISION_FAILED", name);
      assert.doesNotMatch(error.message ?? "", /no word of why/, name);
      return true;
    });
  }
});

test("row 145: an index with paths that lead out, and flags that lie, writes nowhere else", {
  skip,
}, async (context) => {
  for (const path of ["../out", ".git/config", "a/../../out", ".GIT/hooks/x", "/abs"]) {
    const trial = newTrial(context);
    trial.init({ aaa: "a\n" });
    const entry = Buffer.from(path);
    trial.sh(
      "git update-index --add --cacheinfo 100755,$(git rev-parse HEAD:aaa),zzzzzzzzzzzzzz && git update-index --index-version 2",
    );
    // The same length, so that only the name and the checksum change.
    const padded = Buffer.concat([entry, Buffer.alloc(14 - entry.length, 0x78)]);
    trial.sh(`python3 - <<'END'
import hashlib
b = open('.git/index', 'rb').read()[:-20].replace(b'zzzzzzzzzzzzzz', bytes.fromhex('${padded.toString("hex")}'))
open('.git/index', 'wb').write(b + hashlib.sha1(b).digest())
END`);
    const began = await trial.begin().catch((error: { code?: string }) => {
      assert.equal(error.code, "PROVISION_FAILED", `${path}: ${String(error)}`);
      return null;
    });
    if (began !== null) assert.doesNotMatch(await began.inside("git ls-files"), /\.\.|\.git/i, path);
  }
});

test("row 145: a repository within is brought to its own place, never through a link that another one checked out", {
  skip,
}, async (context) => {
  for (const target of ["/base", "/tmp", ".git", "../base"]) {
    const trial = newTrial(context);
    trial.init({ a: "a\n" });
    // In history and index a link, on disk a folder with a repository; a flag keeps git from seeing the difference.
    trial.sh(`
      ln -s ${target} way; git add way; git commit -qm way; git update-index --skip-worktree way
      rm way; git init -q way/objects; (cd way/objects; echo b >b; git add b; git commit -qm b)
    `);
    await assert.rejects(trial.begin(), { code: "PROVISION_FAILED" }, target);
  }
});
