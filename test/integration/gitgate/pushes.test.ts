import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isProposal } from "../../../src/core/policy/proposal-format.ts";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git");
const open = gateWorlds();

async function commit(world: GateWorld, clone: string, files: Record<string, string | Buffer>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(clone, path, ".."), { recursive: true });
    writeFileSync(join(clone, path), content);
  }
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", "work");
  return world.sure(clone, "rev-parse", "HEAD");
}

/** Ids of the mirror's own branches. */
async function mirrored(world: GateWorld): Promise<string> {
  return world.sure(
    join(world.mirrors, "app.git"),
    "for-each-ref",
    "--format=%(refname:lstrip=2) %(objectname)",
    "refs/heads",
  );
}

/** What is left of quarantines. */
function leftovers(world: GateWorld): string[] {
  const objects = join(world.mirrors, "app.git", "objects");
  return readdirSync(objects).filter((name) => name.includes("incoming") || name.startsWith("tmp"));
}

test("large pushes, thin packs, compressed questions, shallow and partial clones: all land as they are", {
  skip,
}, async () => {
  const world = await open();
  const big = await world.clone();
  // Larger than http.postBuffer: chunked, behind a probe of four bytes.
  const tip = await commit(world, big, { "big.bin": randomBytes(6 << 20) });
  await world.sure(big, "push", "-q", "origin", "HEAD:bot/b/big");
  assert.equal(world.upstream("rev-parse", "bot/b/big"), tip);
  const shallow = await world.clone("--depth", "1");
  const thin = await commit(world, shallow, { README: `${"from upstream\n".repeat(500)}changed\n` });
  await world.sure(shallow, "push", "-q", "--thin", "origin", "HEAD:bot/b/thin");
  assert.equal(world.upstream("rev-parse", "bot/b/thin"), thin);
  const partial = await world.clone("--filter=blob:none");
  const part = await commit(world, partial, { "sub/new": "x\n" });
  await world.sure(partial, "push", "-q", "origin", "HEAD:bot/b/part");
  assert.equal(world.upstream("rev-parse", "bot/b/part"), part);
  assert.deepEqual(
    world.verdicts().filter((it) => it !== "forwarding"),
    ["accepted", "accepted", "accepted"],
  );
  // What was pushed is there at once for the next reader.
  assert.match(await world.sure(big, "ls-remote"), new RegExp(part));
});

test("upstream atomicity: one ref refused there, and no ref changes anywhere", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  const hook = join(world.origin.bare, "hooks", "update");
  writeFileSync(hook, '#!/bin/sh\ncase $1 in *bad*) echo "the server says no" >&2; exit 1;; esac\n', { mode: 0o755 });
  await commit(world, clone, { a: "a\n" });
  await world.sure(clone, "ls-remote");
  const before = [world.upstream("for-each-ref"), await mirrored(world)];
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:bot/b/good", "HEAD:bot/b/bad");
  assert.equal(code, 1);
  assert.match(said, /push refused \(upstream-refused\)/);
  assert.match(said, /the server says no/);
  assert.deepEqual([world.upstream("for-each-ref"), await mirrored(world)], before);
  assert.deepEqual(leftovers(world), []);
});

test("a server that went away between question and push: refused, and nothing is half-changed", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  await commit(world, clone, { a: "a\n" });
  // Refuses the push itself, not the question before it.
  world.upstream("config", "http.receivepack", "false");
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:bot/b/x");
  assert.equal(code, 1, said);
  assert.match(said, /push refused \(upstream-failed\)/);
  assert.doesNotMatch(await mirrored(world), /bot\/b\/x/);
  assert.deepEqual(leftovers(world), []);
});

test("pushes at the same moment: those to one branch do not both land, those to others all do", { skip }, async () => {
  const world = await open();
  const clones = await Promise.all(Array.from({ length: 4 }, () => world.clone()));
  const tips = await Promise.all(clones.map((clone, index) => commit(world, clone, { [`f${index}`]: `${index}\n` })));
  const own = await Promise.all(
    clones.map((clone, index) => world.git(clone, "push", "origin", `HEAD:bot/b/own-${index}`)),
  );
  assert.deepEqual(
    own.map(({ code }) => code),
    [0, 0, 0, 0],
    own.map(({ said }) => said).join("\n"),
  );
  const same = await Promise.all(clones.map((clone) => world.git(clone, "push", "origin", "HEAD:bot/b/same")));
  const landed = same.flatMap(({ code }, index) => (code === 0 ? [tips[index]] : []));
  assert.deepEqual(landed, [world.upstream("rev-parse", "bot/b/same")]);
  assert.match(await mirrored(world), new RegExp(`bot/b/same ${landed[0]}`));
});

test("a client that is killed in the middle leaves neither side half-changed, and the next push works", {
  skip,
}, async () => {
  const world = await open();
  const clone = await world.clone();
  const hook = join(world.origin.bare, "hooks", "pre-receive");
  const asked = join(world.folder, "asked");
  const go = join(world.folder, "go");
  writeFileSync(hook, `#!/bin/sh\n: >${asked}\nwhile [ ! -e ${go} ]; do sleep 0.05; done\n`, { mode: 0o755 });
  const tip = await commit(world, clone, { a: "a\n" });
  const env = { PATH: process.env.PATH ?? "", HOME: join(world.folder, "home"), GIT_CONFIG_NOSYSTEM: "1" };
  const child = spawn("git", ["push", "origin", "HEAD:bot/b/killed"], {
    cwd: clone,
    env,
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  while (!existsSync(asked)) await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  writeFileSync(go, "");
  // The server decides by itself; the mirror follows it at the next question.
  const listed = await world.sure(clone, "ls-remote");
  const there = world.upstream("for-each-ref", "refs/heads/bot/b/killed", "--format=%(objectname)");
  assert.ok(there === "" || there === tip);
  assert.equal(/bot\/b\/killed/.test(listed), there !== "");
  await world.sure(clone, "push", "-q", "origin", "HEAD:bot/b/next");
  assert.equal(world.upstream("rev-parse", "bot/b/next"), tip);
});

test("objects that fail git's checks, too much, too many refs: refused before the server hears of it", {
  skip,
}, async () => {
  const world = await open({ repository: { limits: { pack: "64K", refs: 2 } } });
  const clone = await world.clone();
  await commit(world, clone, { a: "a\n" });
  const asked = world.origin.seen.length;
  const many = await world.git(clone, "push", "origin", ...[1, 2, 3].map((it) => `HEAD:bot/b/${it}`));
  assert.match(many.said, /changes 3 refs; at most 2/);
  await commit(world, clone, { "large.bin": randomBytes(200 << 10) });
  const large = await world.git(clone, "push", "origin", "HEAD:bot/b/large");
  assert.notEqual(large.code, 0, large.said);
  const bad = `tree ${await world.sure(clone, "rev-parse", "HEAD~1^{tree}")}\nauthor no-date\ncommitter x <x> 1 +0000\n\nm\n`;
  writeFileSync(join(world.folder, "bad"), bad);
  const id = await world.sure(clone, "hash-object", "-t", "commit", "-w", "--literally", join(world.folder, "bad"));
  const broken = await world.git(clone, "push", "origin", `${id}:refs/heads/bot/b/broken`);
  assert.notEqual(broken.code, 0, broken.said);
  assert.match(broken.said, /missingEmail|badDate|missing/i);
  assert.deepEqual(
    world.origin.seen.slice(asked).filter((line) => /receive-pack/.test(line)),
    [],
  );
  assert.deepEqual(leftovers(world), []);
  assert.ok(world.verdicts().includes("never-judged"));
});

test("row 87: paths that run elsewhere are protected: workflows, hooks, .gitattributes, .gitmodules, whatever the commit", {
  skip,
}, async () => {
  const world = await open({ repository: { protect: ["ops/"] } });
  const paths = [
    ".github/workflows/ci.yml",
    "deep/.gitattributes",
    ".gitmodules",
    ".husky/pre-commit",
    "ops/deploy.sh",
    ".GITHUB/workflows/x.yml",
  ];
  const clone = await world.clone();
  for (const path of paths) {
    await world.sure(clone, "checkout", "-q", "--detach", "origin/main");
    await commit(world, clone, {
      [path]: path === ".gitmodules" ? '[submodule "a"]\n\tpath = a\n\turl = https://x.test/a\n' : "x\n",
    });
    // Gone again in the tip, and still in what would land.
    await world.sure(clone, "rm", "-q", path);
    await world.sure(clone, "commit", "-q", "-m", "gone");
    const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/p");
    assert.equal(code, 1);
    assert.ok(said.includes(`${path} (protected: `), said);
  }
  const link = await world.clone();
  mkdirSync(join(link, "x"));
  symlinkSync("x", join(link, ".github"));
  await world.sure(link, "add", "-A");
  await world.sure(link, "commit", "-q", "-m", "link");
  const { code } = await world.git(link, "push", "origin", "HEAD:bot/b/link");
  assert.equal(code, 1, "a link in the place of a folder that holds a protected one");
});

test("a merge brings in the server's own workflows, and may not change them on the way", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  const mine = await commit(world, clone, { mine: "x\n" });
  // The server's main gets a workflow, by somebody else.
  await world.sure(clone, "checkout", "-q", "-b", "theirs", "origin/main");
  await commit(world, clone, { ".github/workflows/ci.yml": "run: good\n" });
  await world.sure(clone, "push", "-q", world.origin.bare, "HEAD:main");
  await world.sure(clone, "fetch", "-q");
  await world.sure(clone, "checkout", "-q", mine);
  await world.sure(clone, "merge", "-q", "--no-edit", "origin/main");
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/merged");
  await world.sure(clone, "checkout", "-q", mine);
  await world.sure(clone, "merge", "-q", "--no-commit", "origin/main");
  await commit(world, clone, { ".github/workflows/ci.yml": "run: evil\n" });
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/evil");
  assert.equal(code, 1);
  assert.match(said, /\.github\/workflows\/ci\.yml \(protected/);
});

test("a repository without branches to push is read-only, and says so at the first question", { skip }, async () => {
  const world = await open({ repository: { branches: [] } });
  const clone = await world.clone();
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:x");
  assert.notEqual(code, 0);
  assert.match(said, /nothing may be pushed to app: the manifest lists no branches for it/);
});

test("the credential is in no argument, no file of the mirror, no log and no answer", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  const tip = await commit(world, clone, { a: "a\n" });
  const hook = join(world.origin.bare, "hooks", "pre-receive");
  const seen = join(world.folder, "arguments");
  // While the push is under way: every argument list on this machine that is git's.
  writeFileSync(hook, `#!/bin/sh\ncat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -a . >${seen}\n`, {
    mode: 0o755,
  });
  await world.sure(clone, "push", "-q", "origin", `${tip}:refs/heads/bot/b/x`);
  const all = [readFileSync(seen, "latin1"), JSON.stringify(world.events), ...world.alerts];
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  const basic = Buffer.from("bot:the-token").toString("base64").slice(0, 14);
  for (const text of [...all, ...walk(world.mirrors), ...walk(clone)]) {
    assert.ok(!text.includes("the-token") && !text.includes(basic), text.slice(0, 200));
  }
});

test("a merge that takes a workflow back to where its sides parted changes it, though no commit does", {
  skip,
}, async () => {
  const world = await open({ repository: { ask: true } });
  const clone = await world.clone();
  await world.sure(clone, "checkout", "-q", "-b", "theirs");
  await commit(world, clone, { ".github/workflows/ci.yml": "run: anything\n" });
  const mine = await commit(world, clone, { old: "x\n" });
  await commit(world, clone, { ".github/workflows/ci.yml": "run: mended\n" });
  await world.sure(clone, "push", "-q", world.origin.bare, "HEAD:main");
  await world.sure(clone, "fetch", "-q");
  await world.sure(clone, "checkout", "-q", "--detach", mine);
  await commit(world, clone, { mine: "x\n" });
  await world.sure(clone, "merge", "-q", "--no-edit", "-s", "ours", "origin/main");
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/back");
  assert.equal(code, 1);
  assert.match(said, /path-protected.*\.github\/workflows\/ci\.yml \(protected/s);
  assert.deepEqual(world.shown, []);
});

test("a push whose patch cannot be shown whole is not asked about: a path that is no UTF-8 beside a harmless one", {
  skip,
}, async () => {
  const world = await open({ repository: { ask: true } });
  const clone = await world.clone();
  await commit(world, clone, { ".github/workflows/ci.yml": "run: tests\n" });
  const blob = await world.sure(clone, "hash-object", "-w", ".github/workflows/ci.yml");
  const entry = Buffer.from(`100644 ${blob}\t.github/workflows/\xff.yml\0`, "latin1");
  const added = spawnSync("git", ["update-index", "-z", "--index-info"], { cwd: clone, input: entry });
  assert.equal(added.status, 0, String(added.stderr));
  await world.sure(clone, "commit", "-q", "-m", "more");
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/odd");
  assert.equal(code, 1);
  assert.match(said, /push refused \(path-protected\)/);
  assert.deepEqual(world.shown, []);
});

test("a push that is held waits for the operator's answer: a yes lets this very push through, a no and silence do not", {
  skip,
}, async () => {
  const world = await open({ repository: { ask: true }, askMs: 4000 });
  const clone = await world.clone();
  const answers = [
    ["once", 0, "accepted"],
    ["ask-denied", 1, "ask-denied"],
    [null, 1, "ask-timeout"],
  ] as const;
  for (const [answer, code, reason] of answers) {
    const asked = world.shown.length;
    await commit(world, clone, { ".github/workflows/ci.yml": `run: tests ${reason}\n`, other: `${reason}\n` });
    const push = world.git(clone, "push", "origin", `HEAD:refs/heads/bot/b/${reason}`);
    let over = false;
    void push.then(() => {
      over = true;
    });
    while (answer !== null && world.shown.length === asked && !over)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const proposal = world.shown.at(-1);
    if (answer !== null) {
      assert.ok(isProposal(proposal));
      assert.match(proposal.target, new RegExp(`refs/heads/bot/b/${reason} new\\.\\.`));
      assert.match(proposal.excerpt, /\+run: tests/);
      assert.doesNotMatch(proposal.excerpt, /b\/other/);
      assert.deepEqual(proposal.findings, [".github/workflows/ci.yml"]);
      const claim = world.gate.claim(proposal.id);
      assert.ok(claim.ok);
      assert.deepEqual(world.gate.claim(proposal.id), { ok: false, problem: "answered" });
      assert.equal(claim.settle(answer), 1);
    }
    const ended = await push;
    assert.equal(ended.code, code, ended.said);
    assert.match(ended.said, /held for your operator/);
    assert.equal(world.verdicts().at(-1), reason);
    assert.equal(world.upstream("for-each-ref", `refs/heads/bot/b/${reason}`) !== "", code === 0);
  }
  // What is held and holds a secret is refused at once.
  await commit(world, clone, { ".github/workflows/ci.yml": `key: AKIA${"Q3EGRIPVTZ7WYXNB"}\n` });
  const { said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/secret");
  assert.match(said, /push refused \(secret-found\)/);
});

test("a push with what looks like a token waits where the manifest says so; known values, the bait and protected paths do not", {
  skip,
}, async () => {
  const key = `AKIA${"Q3EGRIPVTZ7WYXNB"}`;
  const known = { name: "deploy", value: `ghp_${"kR7vQ2mXz9LpT4nW8cYb3HsJ6dFgA1eUo5Mi"}` };
  const canaries = [{ name: "bait", value: "bait-value-0123456789abcdef" }];
  const world = await open({ repository: { secrets: "ask", ask: true }, askMs: 4000, known: [known], canaries });
  const clone = await world.clone();
  const base = (await world.sure(clone, "rev-parse", "HEAD")).trim();
  const answered = async (name: string, answer: "once" | "ask-denied") => {
    const asked = world.shown.length;
    const push = world.git(clone, "push", "origin", `HEAD:refs/heads/bot/b/${name}`);
    let over = false;
    void push.then(() => {
      over = true;
    });
    while (world.shown.length === asked && !over) await new Promise((resolve) => setTimeout(resolve, 20));
    const proposal = world.shown.at(-1);
    if (over) assert.fail((await push).said);
    assert.ok(isProposal(proposal));
    const claim = world.gate.claim(proposal.id);
    assert.ok(claim.ok);
    claim.settle(answer);
    return { proposal, ended: await push };
  };
  const tip = (await commit(world, clone, { "conf/x.ini": `first\nkey = ${key}\n` })).trim();
  const yes = await answered("yes", "once");
  assert.equal(yes.ended.code, 0, yes.ended.said);
  assert.equal(world.upstream("rev-parse", "refs/heads/bot/b/yes").trim(), tip, "without a new push by the agent");
  assert.equal(yes.proposal.reason, "token-in-request");
  assert.match(yes.proposal.findings.join(), /commit [0-9a-f]{12}: conf\/x\.ini:2 holds what looks like: .*AWS/);
  assert.doesNotMatch(JSON.stringify([yes.proposal, world.events, yes.ended.said]), new RegExp(key));
  const held = world.events.find((event) => event.type === "git" && event.reason === "held");
  assert.deepEqual(held?.type === "git" && held.findings?.map(({ action }) => action), ["asked"]);
  await commit(world, clone, { [`dir-${key}/y`]: `again ${key}\n` });
  const no = await answered("no", "ask-denied");
  assert.equal(no.ended.code, 1);
  assert.match(no.ended.said, /push refused \(ask-denied\)/);
  assert.doesNotMatch(JSON.stringify(no.proposal), new RegExp(key), "a path that holds one is not shown");
  // Nobody is asked about these: each with what looks like a token beside it.
  const asked = world.shown.length;
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`many/${at}`, `key = ${key}\n`]));
  for (const [name, files] of [
    ["known", { a: `x ${known.value}\n`, b: `key = ${key}\n` }],
    ["bait", { a: `x ${canaries[0]?.value}\n`, b: `key = ${key}\n` }],
    ["path", { ".github/workflows/ci.yml": `key: ${key}\n` }],
    ["many", Object.fromEntries(Object.entries(many).map(([path, text], at) => [path, `${at} ${text}`]))],
  ] as const) {
    await world.sure(clone, "checkout", "-q", "-B", name, base);
    await commit(world, clone, files);
    const { code, said } = await world.git(clone, "push", "origin", `HEAD:refs/heads/bot/b/${name}`);
    assert.equal(code, 1, name);
    assert.match(said, /push refused \(secret-found\)/, name);
  }
  assert.equal(world.shown.length, asked);
});

test("row 147: the hook of a push is told nothing but what git tells it: no credential in its environment", {
  skip,
}, async () => {
  const world = await open();
  const clone = await world.clone();
  const hook = join(world.mirrors, "hooks", "pre-receive");
  const dump = join(world.folder, "environment");
  writeFileSync(hook, `#!/bin/sh\nenv >${dump}\n${readFileSync(hook, "utf8").replace("#!/bin/sh\n", "")}`);
  await commit(world, clone, { a: "a\n" });
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/x");
  const text = readFileSync(dump, "utf8");
  assert.match(text, /GIT_QUARANTINE_PATH=/);
  assert.doesNotMatch(text, /the-token|authorization|extraheader|HTTP_PROXY/i);
  assert.match(text, /^HOME=\/nonexistent$/m);
});
