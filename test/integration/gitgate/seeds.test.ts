import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type GitOrigin, openGitOrigin } from "../../support/git-origin.ts";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git");
const open = gateWorlds();

let folder: string;
let seeds: string;
let origin: GitOrigin;
/** A server that takes every credential, with a repository that is large enough to be shared. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "seeds-"));
  seeds = join(folder, "seeds");
  origin = await openGitOrigin(folder);
  grow(5 << 20);
  origin.seen.length = 0;
});
afterEach(async () => {
  await origin.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A commit on the server's main that nobody pushed through a gate. */
function grow(bytes: number): void {
  const head = `commit refs/heads/main\ncommitter C <c@c.test> 1700000000 +0000\ndata 1\nm\nfrom refs/heads/main^0\nM 644 inline large\ndata ${bytes}\n`;
  const input = Buffer.concat([Buffer.from(head), randomBytes(bytes), Buffer.from("\n")]);
  const done = spawnSync("git", ["-C", origin.bare, "fast-import", "--quiet"], { input });
  assert.equal(done.status, 0, String(done.stderr));
}

const packs = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.pack$/.test(name));
const mirrored = (world: GateWorld) => join(world.mirrors, "app.git", "objects", "pack");
/** How often objects were asked for: beside one question for the refs. */
function fetches(): number {
  const asked = origin.seen.splice(0).filter((line) => /^POST .*upload-pack$/.test(line));
  return asked.length - 1;
}

test("a second bottle with the same server and credential fetches no object again, and stores none twice", {
  skip,
}, async () => {
  const first = await open({ origin, seeds });
  await first.clone();
  assert.ok(fetches() > 0);
  const second = await open({ origin, seeds });
  const clone = await second.clone();
  assert.equal(fetches(), 0);
  const [name = ""] = packs(mirrored(second));
  assert.equal(statSync(join(mirrored(second), name)).ino, statSync(join(mirrored(first), name)).ino);
  assert.equal(await second.sure(clone, "rev-parse", "HEAD"), second.upstream("rev-parse", "main"));
  // What is new since then comes from the server, and is there for the third.
  grow(100);
  const third = await open({ origin, seeds });
  origin.seen.length = 0;
  await third.clone();
  assert.ok(fetches() > 0);
  assert.equal(packs(mirrored(third)).length, packs(mirrored(second)).length + 1);
  const fourth = await open({ origin, seeds });
  await fourth.clone();
  assert.equal(fetches(), 0);
});

test("a bottle with another credential gets nothing that the first one's brought, whether the server takes it or not", {
  skip,
}, async () => {
  await (await open({ origin, seeds })).clone();
  fetches();
  const other = await open({ origin, seeds, token: "another-token-of-another-bottle" });
  await other.clone();
  assert.ok(fetches() > 0);
  const [name = ""] = packs(mirrored(other));
  assert.equal(readdirSync(seeds).filter((it) => /^[0-9a-f]{32}$/.test(it)).length, 2);
  assert.equal(statSync(join(mirrored(other), name)).nlink, 2, "its own seed, and not the first one's");
});

test("a credential that the server no longer takes gets no object out of a seed that it filled itself", {
  skip,
}, async () => {
  const password = "the-right-token-00112233";
  const folder2 = join(folder, "strict");
  const strict = await openGitOrigin(folder2, `Basic ${Buffer.from(`bot:${password}`).toString("base64")}`);
  try {
    await (await open({ origin: strict, seeds, token: password })).clone();
    const revoked = await open({ origin: strict, seeds, token: "revoked-token-00112233" });
    await assert.rejects(revoked.clone(), /could not be asked/);
    assert.deepEqual(packs(revoked.mirrors), []);
  } finally {
    await strict.close();
  }
});

test("what a bottle pushes is in no seed, not even when it is resumed; and a seed may be removed while mirrors use it", {
  skip,
}, async () => {
  const world = await open({ origin, seeds });
  const clone = await world.clone();
  const before = packs(seeds);
  writeFileSync(join(clone, "mine.bin"), randomBytes(5 << 20));
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", "mine");
  await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/x");
  await world.sure(clone, "ls-remote");
  assert.deepEqual(packs(seeds), before);
  rmSync(seeds, { recursive: true });
  // The same folder of mirrors, as after `bottle resume`: what is there is never kept for others.
  const resumed = await open({ origin, seeds, mirrors: world.mirrors });
  await resumed.clone();
  assert.ok(!existsSync(seeds) || packs(seeds).length === 0);
  assert.equal(await resumed.sure(clone, "fsck", "--connectivity-only"), "");
});

test("a seed that lost a file is not used, and is replaced", { skip }, async () => {
  await (await open({ origin, seeds })).clone();
  const [pack = ""] = packs(seeds);
  rmSync(join(seeds, pack));
  fetches();
  await (await open({ origin, seeds })).clone();
  assert.ok(fetches() > 0);
  await (await open({ origin, seeds })).clone();
  assert.equal(fetches(), 0);
});

test("a history that git's checks would refuse is served all the same, and shared with nobody", { skip }, async () => {
  const world = await open({ origin, seeds });
  const git = (input: string, ...args: string[]) => {
    const done = spawnSync("git", ["-C", origin.bare, ...args], { input, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout.trim();
  };
  const bad = `tree ${git("", "rev-parse", "main^{tree}")}\nauthor no-date\ncommitter x <x> 1 +0000\n\nm\n`;
  const id = git(bad, "hash-object", "-t", "commit", "-w", "--literally", "--stdin");
  git("", "update-ref", "refs/heads/flawed", id);
  const mine = await world.clone();
  assert.match(await world.sure(mine, "ls-remote"), /refs\/heads\/flawed/);
  assert.deepEqual(packs(seeds), []);
});
