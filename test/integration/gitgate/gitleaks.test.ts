import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createGitleaks } from "../../../src/gitgate/gitleaks.ts";
import { mirrorEnvironment } from "../../../src/gitgate/upstream-git.ts";
import { openHistories } from "../../support/gitgate/histories.ts";
import { planted } from "../../support/gitgate/planted.ts";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { cleanCorpus } from "../../support/leaks/clean-corpus.ts";
import { Dice } from "../../support/leaks/dice.ts";
import { programPath, skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git", "gitleaks");
const open = gateWorlds();
const gitleaks = programPath("gitleaks") ?? "";

/** A format that gitleaks knows and our own engine does not. */
const RULE = "intra42-client-secret";
const secretOf = (seed: string) => `s-s4t2ud-${createHash("sha256").update(seed).digest("hex")}`;

async function commit(world: GateWorld, clone: string, files: Record<string, string>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(clone, path, ".."), { recursive: true });
    writeFileSync(join(clone, path), content);
  }
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", "work");
  return world.sure(clone, "rev-parse", "HEAD");
}

const pushes = (world: GateWorld) => world.origin.seen.filter((line) => /^POST .*receive-pack/.test(line));

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "scanner-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A program in the place of one of the host's. */
function script(text: string): string {
  const path = join(folder, `program-${randomUUID()}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** Pushes a new branch with one harmless commit. */
async function pushHarmless(world: GateWorld) {
  const clone = await world.clone();
  await commit(world, clone, { a: `${randomUUID()}\n` });
  return world.git(clone, "push", "origin", `HEAD:refs/heads/bot/b/${randomUUID()}`);
}

test("row 116: what gitleaks alone knows is refused with commit, path, line and rule, whatever the repository says about it", {
  skip,
}, async () => {
  const world = await open({ tools: { gitleaks } });
  const clone = await world.clone();
  const secret = secretOf("one");
  const suppressed = `first\nkey: ${secret} # gitleaks:allow\n`;
  const hidden = await commit(world, clone, {
    ".gitleaks.toml": 'title = "x"\n[allowlist]\npaths = [".*"]\n',
    "src/deep/a.txt": suppressed,
  });
  await commit(world, clone, { ".gitleaksignore": `${hidden}:src/deep/a.txt:${RULE}:2\nsrc/deep/a.txt:${RULE}:2\n` });
  await world.sure(clone, "rm", "-q", "src/deep/a.txt");
  await world.sure(clone, "commit", "-q", "-m", "gone");
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/x");
  assert.equal(code, 1, said);
  assert.match(said, /push refused \(secret-found\)/);
  const line = `commit ${hidden.slice(0, 12)}: src/deep/a.txt:2 holds what looks like: ${RULE} (gitleaks) [gitleaks-${RULE}]`;
  assert.ok(said.includes(line), said);
  assert.ok(!said.includes(secret) && !JSON.stringify(world.events).includes(secret));
  assert.deepEqual(pushes(world), []);
});

test("row 116: a secret that came in by a merge alone is found by gitleaks too", { skip }, async () => {
  const world = await open({ tools: { gitleaks } });
  const clone = await world.clone();
  await commit(world, clone, { mine: "x\n" });
  await world.sure(clone, "checkout", "-q", "-b", "side", "origin/main");
  await commit(world, clone, { theirs: "x\n" });
  await world.sure(clone, "merge", "-q", "--no-commit", "main");
  await commit(world, clone, { evil: `${secretOf("two")}\n` });
  const { said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/x");
  assert.match(said, /evil:1 holds what looks like: intra42/);
});

test("beside gitleaks clean pushes land: new branches, one ahead, several at a time, and one without a new commit", {
  skip,
}, async () => {
  const world = await open({ tools: { gitleaks } });
  const clone = await world.clone();
  const first = await commit(world, clone, { "a file": "x\n", "ä/ö": "y\n" });
  const second = await commit(world, clone, { b: "x\n" });
  const specs = ["HEAD:refs/heads/bot/b/two", `${first}:refs/heads/bot/b/one`];
  await world.sure(clone, "push", "-q", "origin", ...specs);
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/same");
  const third = await commit(world, clone, { c: "x\n" });
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/two");
  const there = (name: string) => world.upstream("rev-parse", `bot/b/${name}`);
  assert.deepEqual([there("one"), there("same"), there("two")], [first, second, third]);
  assert.deepEqual(world.alerts, []);
});

test("the operator's list of what is not looked for counts for gitleaks too, rule by rule", { skip }, async () => {
  const world = await open({ tools: { gitleaks }, ignore: [`gitleaks-${RULE}`] });
  const clone = await world.clone();
  await commit(world, clone, { a: `${secretOf("three")}\n` });
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/x");
  assert.equal(world.verdicts().at(-1), "accepted");
});

test("row 119: clean histories of real shape raise no alarm of gitleaks", { skip, timeout: 120_000 }, async () => {
  const histories = openHistories();
  try {
    const dice = new Dice(31);
    const streams: Buffer[] = [];
    for (const { bytes } of cleanCorpus(7, 60_000)) {
      const text = bytes.toString("latin1").slice(0, 20_000).replaceAll("\0", "");
      streams.push(planted(dice, "a file", text, `refs/heads/clean-${streams.length}`, histories.base));
    }
    const tips = histories.tips(Buffer.concat(streams));
    assert.ok(tips.size > 10);
    const git = programPath("git") ?? "";
    const search = await createGitleaks({ git, gitleaks }, join(histories.folder, "own"), assert.fail)();
    const updates = [...tips].map(([ref, to]) => ({ ref, from: "0".repeat(40), to }));
    const { signal } = new AbortController();
    const push = { gitDir: histories.folder, env: mirrorEnvironment(histories.folder), updates, signal };
    assert.deepEqual(await search?.(push), { ok: true, findings: [] });
  } finally {
    histories.close();
  }
});

test("row 116: a git that fails under gitleaks is no clean bill, though gitleaks itself ends with 0 then", {
  skip,
}, async () => {
  const real = programPath("git");
  // Only what gitleaks starts says `log -p`.
  const git = script(`case " $* " in *" log -p "*) exit 1 ;; esac\nexec ${real} "$@"`);
  const world = await open({ tools: { git, gitleaks } });
  const { code, said } = await pushHarmless(world);
  assert.equal(code, 1, said);
  assert.match(said, /push refused \(internal-error\).*gitleaks/s);
  assert.deepEqual(pushes(world), []);
});

const UNCLEAR: Readonly<Record<string, string>> = {
  "ends with 0 and has read nothing": "exit 0",
  "ends as for an error": "exit 1",
  "does not know an argument": "exit 126",
  "says that it found something and reports nothing": "echo '[]'; exit 42",
  "reports what is no JSON": "echo '[{]'; exit 42",
  "reports what is no finding": `echo '[{"RuleID":"x"}]'; exit 42`,
  "stands in for the end with another commit": `echo '[{"RuleID":"bot-bottle-end","Commit":"${"0".repeat(40)}","File":"end","StartLine":1}]'; exit 42`,
  "is killed": "kill -9 $$",
};

test("row 116: gitleaks whose answer is not clear is a refusal before the server hears of the push", {
  skip: skipWithout("git"),
}, async () => {
  const answer = join(folder, "answer");
  const world = await open({ tools: { gitleaks: script(`[ "$1" = version ] && echo 8.30.1 || . ${answer}`) } });
  for (const [what, text] of Object.entries(UNCLEAR)) {
    writeFileSync(answer, text);
    const { code, said } = await pushHarmless(world);
    assert.equal(code, 1, `${what}: ${said}`);
    assert.match(said, /push refused \(internal-error\).*gitleaks/s, what);
  }
  assert.deepEqual(pushes(world), []);
});

test("gitleaks of another version is not used, and the operator is told so once", {
  skip: skipWithout("git"),
}, async () => {
  const world = await open({ tools: { gitleaks: script('[ "$1" = version ] && echo 8.16.0') } });
  for (const _ of [1, 2]) assert.equal((await pushHarmless(world)).code, 0);
  assert.equal(world.alerts.length, 1);
  assert.match(world.alerts[0] ?? "", /gitleaks is not used: it says "8\.16\.0"/);
});
