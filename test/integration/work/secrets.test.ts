import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import { skipWithout } from "../../support/needs.ts";
import { newTrial } from "../../support/work/trial.ts";

const skip = skipWithout("bubblewrap", "git");
const VALUE = "sk-test-0123456789-abcdefghij";
const secrets = [new Secret("MODEL", VALUE)];

test("row 89: a credential in a file that comes in stops the start; in one that stays out it does not", {
  skip,
}, async (context) => {
  const cases: readonly [string, string, RegExp | null][] = [
    ["tracked", `echo key=${VALUE} >a; git commit -qam a`, /workspace .* credential MODEL/],
    ["changed", `echo key=${VALUE} >a`, /workspace .* credential MODEL/],
    ["untracked, in base64", `printf %s ${VALUE} | base64 >b`, /workspace .* credential MODEL/],
    ["included", `echo ${VALUE} >wanted.log`, /workspace .* credential MODEL/],
    ["in a file's name", `echo >${VALUE}`, /workspace .* credential MODEL/],
    ["in a branch's name", `git branch ${VALUE}`, /workspace .* credential MODEL/],
    ["in a remote's address", `git remote add origin https://host/${VALUE}/x`, /workspace .* credential MODEL/],
    [
      "in an old commit",
      `echo ${VALUE} >old; git add old; git commit -qm old; git rm -q old; git commit -qm gone`,
      /history of .* credential MODEL/,
    ],
    [
      "in a message",
      `git commit -q --allow-empty -m 'use ${VALUE}'; git commit -q --allow-empty -m next`,
      /history of .* credential MODEL/,
    ],
    [
      "on another branch",
      `git checkout -qb x; echo ${VALUE} >x; git add x; git commit -qm x; git checkout -q main`,
      /history of .* credential MODEL/,
    ],
    ["ignored", `echo ${VALUE} >other.log`, null],
    ["stashed", `echo ${VALUE} >a; git stash -q`, null],
    ["in a commit that nothing names", `echo ${VALUE} >a; git commit -qam a; git reset -q --hard HEAD~1`, null],
    ["in the user part of an address", `git remote add origin https://me:${VALUE}@host/x`, null],
    ["in a setting that is not taken over", `git config my.token ${VALUE}`, null],
  ];
  for (const [name, script, refusal] of cases) {
    const trial = newTrial(context);
    trial.init({ a: "a\n", ".gitignore": "*.log\n" });
    trial.sh(script);
    const begun = trial.begin(trial.project, { secrets, include: ["wanted.log"] });
    if (refusal !== null) {
      await assert.rejects(begun, (error: { code?: string; message?: string }) => {
        assert.equal(error.code, "SECRET_EXPOSED", name);
        assert.match(error.message ?? "", refusal, name);
        assert.doesNotMatch(`${error.message}`.replaceAll(VALUE, "x"), /sk-test/);
        return true;
      });
    } else {
      const inside = await (await begun).inside(
        `grep -rF ${VALUE} . || git cat-file --batch-all-objects --batch | grep -aF ${VALUE} || echo none`,
      );
      assert.equal(inside, "none\n", name);
    }
  }
});

test("row 89: no password of a remote's address comes in, and its plain parts do", { skip }, async (context) => {
  const trial = newTrial(context);
  trial.init();
  const addresses: readonly (readonly [string, string | null])[] = [
    ["https://user:pass1@host/a.git", "https://host/a.git"],
    ["https://user:p@ss1@host/a.git", "https://host/a.git"],
    ["https://pass1@host:8443/a@b.git", "https://host:8443/a@b.git"],
    ["HTTPS://u:pass1@host/a", "HTTPS://host/a"],
    ["ssh://git@host/a.git", "ssh://git@host/a.git"],
    ["ssh://git:pass1@host:22/a.git", "ssh://git@host:22/a.git"],
    ["git@host:a/b.git", "git@host:a/b.git"],
    ["../elsewhere", "../elsewhere"],
    ["ext::sh -c pass1", null],
    ["helper::https://u:pass1@host", null],
    ["https://a\nhttps://u:pass1@host", null],
  ];
  addresses.forEach(([address], at) => {
    trial.git("config", `remote.r${at}.url`, address);
    trial.git("config", `remote.r${at}.pushurl`, address);
    trial.git("config", `branch.b${at}.remote`, address);
  });
  const began = await trial.begin();
  assert.equal(await began.inside("grep -c pass1 .git/config || :"), "0\n");
  const config = await began.inside("git config --get-regexp 'remote|pushurl|url'");
  for (const [at, [address, expected]] of addresses.entries()) {
    for (const key of [`remote.r${at}.url`, `remote.r${at}.pushurl`, `branch.b${at}.remote`]) {
      const found = config.split("\n").find((line) => line.startsWith(`${key} `));
      assert.equal(found, expected === null ? undefined : `${key} ${expected}`, address);
    }
  }
});
