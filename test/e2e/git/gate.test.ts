import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GitOrigin, openGitOrigin, originManifest } from "../../support/git-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git");
const TOKEN = "upstream-token-0123456789abcdef";
const PLAIN = { PATH: process.env.PATH ?? "", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };

let operator: Operator;
let origin: GitOrigin;

before(async () => {
  operator = newOperator();
  const folder = join(operator.home, "upstream");
  mkdirSync(folder);
  origin = await openGitOrigin(folder, `Basic ${Buffer.from(`bot:${TOKEN}`).toString("base64")}`);
  operator.writeManifest(originManifest(origin));
});
after(async () => {
  await origin.close();
  await operator.bottle(["prune", "--all"]);
  operator[Symbol.dispose]();
});

function upstream(...args: string[]): string {
  return spawnSync("git", ["-C", origin.bare, ...args], { env: PLAIN, encoding: "utf8" }).stdout.trim();
}

/** Runs a script in a new bottle; its output, both streams as the agent saw them. */
async function inside(name: string, script: string) {
  const run = await operator.bottle(["start", "shell", "--name", name, "-p", `exec 2>&1; set -e\n${script}`], {
    env: { UPSTREAM_TOKEN: TOKEN },
  });
  return run;
}

const CLONE = () => `cd "$HOME"; git clone -q https://localhost:${origin.port}/o/r.git r; cd r`;

test("a clone comes through the gate, a clean push lands upstream, and the bottle never sees the credential", {
  skip,
}, async () => {
  const run = await inside(
    "one",
    `${CLONE()}
    cat README; git checkout -qb bot/one/fix; echo more >new; git add new; git commit -qm "more"; git push -q origin HEAD
    git ls-remote origin 'refs/heads/bot/*'; env | grep -c "upstream-tok[e]n" || true`,
  );
  assert.equal(run.code, 0, run.stdout + run.stderr);
  const tip = upstream("rev-parse", "refs/heads/bot/one/fix");
  assert.equal(run.stdout, `from upstream\n${tip}\trefs/heads/bot/one/fix\n0\n`, run.stderr);
  assert.equal(upstream("show", `${tip}:new`), "more");
  const audit = await operator.bottle(["audit", "one"]);
  assert.match(audit.stdout, /allow {4}\S+ git push app bot\/one\/fix [0-9a-f]{12} {2}forwarding/);
  const log = await operator.bottle(["git", "log", "one"]);
  assert.match(log.stdout, /^\S+ \S+ {2}allow {4}\S+ git push app bot\/one\/fix [0-9a-f]{12} {2}accepted: [^\n]*\n$/);
});

test("what a bottle pushed comes home as refs of the operator's repository, by objects alone", { skip }, async () => {
  const env = { ...PLAIN, HOME: operator.home };
  const own = join(operator.home, "own");
  spawnSync("git", ["init", "-q", own], { env });
  const tip = upstream("rev-parse", "refs/heads/bot/one/fix");
  const words = [...operator.words, "git", "fetch", "one"];
  const run = spawnSync(words[0] ?? "", words.slice(1), { cwd: own, env: operator.env, encoding: "utf8" });
  assert.equal(run.stdout, `${tip.slice(0, 12)}  refs/bottles/one/app/bot/one/fix\n`, run.stderr);
  const refs = spawnSync("git", ["-C", own, "for-each-ref", "--format=%(objectname) %(refname)"], {
    env,
    encoding: "utf8",
  });
  assert.equal(refs.stdout, `${tip} refs/bottles/one/app/bot/one/fix\n`);
  const missing = await operator.bottle(["git", "push", "one"]);
  assert.equal(missing.code, 2);
});

test("rows 115, 116: a push with a key in it is refused, names the place and not the key, and the server hears nothing", {
  skip,
}, async () => {
  const key = `AKIA${"Q3EGRIPVTZ7WYXNB".slice(0, 16)}`;
  const asked = origin.seen.length;
  const run = await inside(
    "two",
    `${CLONE()}
    git checkout -qb bot/two/x; printf 'a\\nkey = %s\\n' ${key} >config.ini; git add .; git commit -qm one; git rm -q config.ini; git commit -qm two
    git push origin HEAD && echo pushed || echo refused`,
  );
  assert.match(run.stdout, /remote: git gate: push refused \(secret-found\)/, run.stdout + run.stderr);
  assert.match(run.stdout, /config\.ini:2/);
  assert.match(run.stdout, /refused\n$/);
  assert.doesNotMatch(run.stdout + run.stderr, new RegExp(key));
  assert.equal(upstream("for-each-ref", "refs/heads/bot/two"), "");
  assert.deepEqual(
    origin.seen.slice(asked).filter((line) => line.includes("receive-pack")),
    [],
  );
});

test("what the manifest does not list is refused: other branches, deletes, rewritten history, tags", {
  skip,
}, async () => {
  const run = await inside(
    "three",
    `${CLONE()}
    git commit -q --allow-empty -m x
    try() { git push -q "$@" 2>&1 | sed -n 's/^remote:   \\(refs[^:]*: .*[^ ]\\) *$/\\1/p' | grep . || echo "$* pushed"; }
    try origin HEAD:main; try origin HEAD:refs/heads/bot/one/y; git tag t; try origin t; try origin HEAD:refs/notes/x
    git push -q origin HEAD:refs/heads/bot/three/a; git commit -q --amend -m y --allow-empty; try -f origin HEAD:refs/heads/bot/three/a
    try origin :bot/three/a`,
  );
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.deepEqual(run.stdout.trim().split("\n"), [
    "refs/heads/main: not among the branches that may be pushed: bot/three/*",
    "refs/heads/bot/one/y: not among the branches that may be pushed: bot/three/*",
    "refs/tags/t: not among the tags that may be pushed: none may",
    "refs/notes/x: only branches and tags can be pushed",
    "refs/heads/bot/three/a: not a fast-forward; the gate rewrites no history",
    "refs/heads/bot/three/a: nothing can be deleted through the gate",
  ]);
});

test("a push that changes a workflow is held; the operator sees its patch, and a yes lets this very push through", {
  skip,
}, async () => {
  const script = `exec 2>&1; set -e
    ${CLONE()}
    git checkout -qb bot/four/ci; mkdir -p .github/workflows; echo 'run: tests' >.github/workflows/ci.yml; git add .; git commit -qm ci
    git push -q origin HEAD && echo landed`;
  const child = operator.spawn(["start", "shell", "--name", "four", "-p", script], { UPSTREAM_TOKEN: TOKEN });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece) => (said += String(piece)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const id = await eventually("a push that waits", async () => {
    const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
    return /"id": *"([0-9a-z-]+)"/.exec(stdout)?.[1];
  });
  const shown = await operator.bottle(["approvals"]);
  assert.match(shown.stdout, /PUSH https:\/\/localhost:\d+\/o\/r refs\/heads\/bot\/four\/ci new\.\.[0-9a-f]{12}/);
  assert.match(shown.stdout, /\| \+run: tests/);
  assert.match(shown.stdout, /it changes what runs elsewhere/);
  const wide = await operator.bottle(["allow", id, "--bottle"]);
  assert.equal(wide.code, 2);
  assert.match(wide.stderr, /a yes to a push is for this push alone/);
  const yes = await operator.bottle(["allow", id]);
  assert.equal(yes.code, 0, yes.stderr);
  assert.equal(await ended, 0, said);
  assert.match(said, /landed/);
  assert.equal(upstream("show", "bot/four/ci:.github/workflows/ci.yml"), "run: tests");
});
