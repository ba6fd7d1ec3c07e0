import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { compileNeedles } from "../../../src/core/leaks/needles.ts";
import { newObjects } from "../../../src/gitgate/new-objects.ts";
import { searchObjects } from "../../../src/gitgate/object-search.ts";
import { mirrorEnvironment } from "../../../src/gitgate/upstream-git.ts";
import { gitWith } from "../../../src/host/git.ts";
import { type Histories, openHistories } from "../../support/gitgate/histories.ts";
import { HIDING_PLACES, type HidingPlace, planted } from "../../support/gitgate/planted.ts";
import { openGateWorld } from "../../support/gitgate/world.ts";
import { cleanCorpus } from "../../support/leaks/clean-corpus.ts";
import { Dice } from "../../support/leaks/dice.ts";
import { githubToken } from "../../support/leaks/github-token.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git");
const KNOWN = "sw0rdfish-of-the-operator-77";
const BAIT = "bait-4f9a1c77be0d2231";
const ROUNDS = 200;

let histories: Histories;

before(() => {
  histories = openHistories();
});
after(() => histories.close());

/** What the gate's search says of one tip, in a repository whose only ref is `main`. */
async function search(tip: string) {
  const env = mirrorEnvironment(histories.folder);
  const program = spawnSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).stdout.trim();
  const objects = await newObjects(gitWith(program, [], env), [{ ref: "refs/heads/x", from: "0".repeat(40), to: tip }]);
  const compiled = [KNOWN, BAIT].map((value) => compileNeedles([{ name: "x", value }]));
  const [known, canaries] = compiled.map((reading) => (reading.ok ? reading.set : null));
  const reading = await searchObjects({
    command: { argv: [program], env },
    objects,
    refs: [],
    search: { known: known ?? null, canaries: canaries ?? null, patterns: true },
    allowed: () => false,
    signal: new AbortController().signal,
  });
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.findings;
}

test(`row 116: ${ROUNDS} histories with a secret in a random place: none passes`, {
  skip,
  timeout: 300_000,
}, async () => {
  const dice = new Dice(20_771);
  const cases: { readonly ref: string; readonly place: HidingPlace; readonly secret: string }[] = [];
  const streams: Buffer[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const place = HIDING_PLACES[round % HIDING_PLACES.length] ?? "a file";
    const secrets = [
      `AKIA${dice.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)}`,
      githubToken(dice.text("abcdefghij0123456789", 10)),
      KNOWN,
      BAIT,
      Buffer.from(KNOWN).toString("hex"),
      Buffer.from(`user:${KNOWN}`).toString("base64url"),
    ];
    const secret = dice.one(secrets);
    const ref = `refs/heads/case-${round}`;
    cases.push({ ref, place, secret });
    streams.push(planted(dice, place, secret, ref, histories.base));
  }
  const all = histories.tips(Buffer.concat(streams));
  const passed: string[] = [];
  for (const { ref, place, secret } of cases) {
    const tip = place.startsWith("a tag") ? all.get(`refs/tags/tip-${ref.split("/").at(-1)}`) : all.get(ref);
    if ((await search(tip ?? "")).length === 0) passed.push(`${place}: ${secret}`);
  }
  assert.deepEqual(passed, []);
});

test("row 119: clean histories of real shape pass without a false alarm", { skip, timeout: 120_000 }, async () => {
  const dice = new Dice(31);
  const streams: Buffer[] = [];
  let count = 0;
  for (const { bytes } of cleanCorpus(7, 60_000)) {
    count += 1;
    streams.push(
      planted(
        dice,
        "a file",
        bytes.toString("latin1").slice(0, 20_000).replaceAll("\0", ""),
        `refs/heads/clean-${count}`,
        histories.base,
      ),
    );
    if (count === 12) break;
  }
  const alarms: string[] = [];
  for (const [ref, tip] of histories.tips(Buffer.concat(streams))) {
    for (const { finding, object } of await search(tip)) alarms.push(`${ref} ${object.path}: ${finding.name}`);
  }
  assert.ok(count > 5);
  assert.deepEqual(alarms, []);
});

test("row 116: what lies in the mirror without a ref is new to the server, and is searched", { skip }, async () => {
  const secret = `AKIA${"Q3EGRIPVTZ7WYXNB"}`;
  const hidden =
    histories
      .tips(planted(new Dice(1), "a file", secret, "refs/heads/hidden", histories.base))
      .get("refs/heads/hidden") ?? "";
  const tree = histories.git("", "rev-parse", `${hidden}^{tree}`);
  const env = ["-c", "user.name=a", "-c", "user.email=a@a"];
  const id = histories.git("", ...env, "commit-tree", tree, "-p", histories.base, "-m", "x");
  assert.notDeepEqual(await search(id), []);
});

test("rows 112, 116: an archive that unpacks to far too much is refused, and a secret is told with its place but never by itself", {
  skip,
}, async () => {
  const secret = `AKIA${"Q3EGRIPVTZ7WYXNB"}`;
  const world = await openGateWorld({ known: [{ name: "the password", value: KNOWN }] });
  try {
    const clone = await world.clone();
    const push = async (path: string, content: string | Buffer, ...more: string[]) => {
      await world.sure(clone, "checkout", "-q", "--detach", "origin/main");
      mkdirSync(join(clone, path, ".."), { recursive: true });
      writeFileSync(join(clone, path), content);
      await world.sure(clone, "add", "-A");
      await world.sure(clone, "commit", "-q", "-m", "work", ...more);
      return world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/x");
    };
    const bomb = await push("bomb.gz", gzipSync(Buffer.alloc(300 << 20)));
    assert.match(bomb.said, /push refused \(limit-reached\).*bomb\.gz holds more than is looked into/s);
    const said = [
      await push("src/a.ts", `one\ntwo\nconst k = "${secret}" // gitleaks:allow nosec\n`),
      await push(".gitleaksignore", `a\n${KNOWN}\n`),
      await push("ok.txt", "fine\n", "-m", `see ${KNOWN}`),
      await push("a.gz", gzipSync(`x\n${secret}\n`)),
      await push(`${secret}/file`, `${secret}\n`),
    ].map((run) => run.said);
    assert.match(said[0] ?? "", /src\/a\.ts:3 holds what looks like: AWS/);
    assert.match(said[1] ?? "", /\.gitleaksignore:2 holds the value of the password/);
    assert.match(said[2] ?? "", /its message or its author holds the value of the password/);
    assert.match(said[3] ?? "", /a\.gz holds what looks like: AWS[^\n]*\(gzip\)/);
    assert.match(said[4] ?? "", /the name of a file or folder, or the commit of a submodule, holds/);
    assert.match(said[4] ?? "", /\(a path that holds a secret itself\):1 holds what looks like: AWS/);
    for (const text of [...said, JSON.stringify(world.events), ...world.alerts]) {
      assert.ok(!text.includes(secret) && !text.includes(KNOWN), text);
    }
    assert.equal(world.upstream("for-each-ref", "refs/heads/bot"), "");
  } finally {
    await world.close();
  }
});
