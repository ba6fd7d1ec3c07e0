import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git");
const open = gateWorlds();

/** A commit on a branch of the server, made there. */
function commit(world: GateWorld, branch = "main"): string {
  const tree = world.upstream("rev-parse", "main^{tree}");
  const parents =
    spawnSync("git", ["-C", world.origin.bare, "rev-parse", "--verify", "-q", branch]).status === 0
      ? ["-p", branch]
      : [];
  const id = world.upstream(
    "-c",
    "user.name=u",
    "-c",
    "user.email=u@u",
    "commit-tree",
    tree,
    ...parents,
    "-m",
    `${Math.random()}`,
  );
  world.upstream("update-ref", `refs/heads/${branch}`, id);
  return id;
}

/** Where a clone's repository is at the gate. */
function baseOf(world: GateWorld, clone: string): string {
  const env = { PATH: process.env.PATH ?? "", HOME: join(world.folder, "home") };
  const url = spawnSync("git", ["-C", clone, "ls-remote", "--get-url"], { env, encoding: "utf8" }).stdout.trim();
  return url.replace(/\.git$/, "");
}

test("a read is never older than the question: what the server has by then is there", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  for (let round = 0; round < 3; round += 1) {
    const tip = commit(world);
    await world.sure(clone, "fetch", "-q");
    assert.equal(await world.sure(clone, "rev-parse", "origin/main"), tip);
  }
  world.upstream("branch", "later", "main");
  world.upstream("branch", "-f", "main", "main~2");
  await world.sure(clone, "fetch", "-q", "--prune");
  assert.equal(await world.sure(clone, "rev-parse", "origin/main"), world.upstream("rev-parse", "main"));
  world.upstream("branch", "-D", "later");
  assert.doesNotMatch(await world.sure(clone, "ls-remote"), /later/);
  world.upstream("branch", "later/below", "main");
  assert.match(await world.sure(clone, "ls-remote"), /refs\/heads\/later\/below/);
  world.upstream("branch", "trunk");
  world.upstream("symbolic-ref", "HEAD", "refs/heads/trunk");
  assert.match(await world.sure(clone, "ls-remote", "--symref", "origin", "HEAD"), /ref: refs\/heads\/trunk/);
});

test("shallow, partial and single-branch clones work, by protocol 0 and 2, and go on to fetch what they lack", {
  skip,
}, async () => {
  const world = await open();
  for (let count = 0; count < 5; count += 1) commit(world);
  for (const version of ["0", "2"]) {
    for (const kind of [
      ["--depth", "1"],
      ["--depth", "3"],
      ["--filter=blob:none"],
      ["--filter=tree:0"],
      ["--single-branch"],
      ["--bare"],
    ]) {
      const clone = await world.clone("-c", `protocol.version=${version}`, ...kind);
      const text = await world.sure(clone, "cat-file", "-p", "HEAD:README");
      assert.equal(text, "from upstream", `${kind} by ${version}`);
      if (kind[0] === "--depth") await world.sure(clone, "fetch", "-q", "--unshallow");
      assert.equal(await world.sure(clone, "rev-list", "--count", "HEAD"), "6");
    }
  }
});

test("a read that began goes on when its branch is rewritten behind its back, by protocol 0 too", {
  skip,
}, async () => {
  const world = await open();
  commit(world, "side");
  const clone = await world.clone("-c", "protocol.version=0");
  const tip = commit(world, "side");
  // What the first question said, asked for after another reader brought in that it is gone.
  const base = baseOf(world, clone);
  const refs = await (await fetch(`${base}/info/refs?service=git-upload-pack`)).text();
  assert.ok(refs.includes(tip));
  world.upstream("branch", "-D", "side");
  await world.sure(clone, "ls-remote");
  const line = (text: string) => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
  const body = `${line(`want ${tip} side-band-64k ofs-delta\n`)}0000${line("done\n")}`;
  const headers = { "content-type": "application/x-git-upload-pack-request" };
  const answer = await fetch(`${base}/git-upload-pack`, { method: "POST", body, headers });
  const bytes = Buffer.from(await answer.arrayBuffer()).toString("latin1");
  assert.match(bytes, /PACK/, bytes.slice(0, 200));
});

test("a server that is down: the read fails with its words, and nothing stale is shown", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  await world.origin.close();
  const { code, said } = await world.git(clone, "fetch");
  assert.notEqual(code, 0);
  assert.match(said, /git gate: the server of app could not be asked, and nothing stale is shown: unable to access/);
  assert.deepEqual(world.alerts, []);
  // Not by leaving the question out, either.
  const answer = await fetch(`${baseOf(world, clone)}/git-upload-pack`, {
    method: "POST",
    body: "0014command=ls-refs\n0000",
    headers: { "content-type": "application/x-git-upload-pack-request", "git-protocol": "version=2" },
  });
  const text = await answer.text();
  assert.match(text, /nothing stale is shown/);
  assert.doesNotMatch(text, /refs\/heads/);
});

test("a wrong credential: the read fails and says so, without the credential", { skip }, async () => {
  const world = await open({ repository: { credential: { source: { env: "TOKEN" }, username: "nobody" } } });
  const { code, said } = await world.git(world.folder, "ls-remote", world.url);
  assert.notEqual(code, 0);
  assert.match(said, /could not be asked/);
  assert.doesNotMatch(said, /the-token/);
  assert.doesNotMatch(JSON.stringify(world.events), /the-token/);
});

test("many that ask at once share fetches, and each sees what was there when it asked", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  const before = world.origin.seen.filter((line) => line.startsWith("GET")).length;
  const tips = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const tip = commit(world);
      const listed = await world.sure(clone, "ls-remote", "origin", "main");
      const id = listed.split("\t")[0] ?? "";
      return world.upstream("merge-base", "--is-ancestor", tip, id) === "";
    }),
  );
  assert.ok(tips.every(Boolean));
  const asked = world.origin.seen.filter((line) => line.startsWith("GET")).length - before;
  assert.ok(asked <= 14, `${asked} questions to the server for 12 readers`);
});

/** On demand: BOT_BOTTLE_GATE_CLONES=500 npm test -- test/integration/gitgate/reads.test.ts */
const CLONES = Number(process.env.BOT_BOTTLE_GATE_CLONES ?? 12);

test("clones, pushes and a server that moves all the time: none fails, none is stale", {
  skip,
  timeout: 120_000 + CLONES * 5000,
}, async (t) => {
  const world = await open();
  let moving = true;
  let moves = 0;
  let next = 0;
  const server = (...args: string[]) => world.sure(world.origin.bare, ...args);
  const mover = (async () => {
    while (moving) {
      // The machine is for the clones, too.
      while (moving && moves > 2 * next) await new Promise((resolve) => setTimeout(resolve, 5));
      const id = await server("commit-tree", "main^{tree}", "-p", "main", "-m", `move ${moves}`);
      await server("update-ref", "refs/heads/main", id);
      if (moves % 2 === 0) await server("branch", "-f", "topic", `main~${moves % 3}`);
      if (moves % 4 === 0) await server("branch", "-f", `turns/${moves % 8}`, "main");
      if (moves % 5 === 0) await server("update-ref", "-d", "refs/heads/turns/4");
      moves += 1;
    }
  })();
  const kinds = [
    [],
    ["--depth", "1"],
    ["--filter=blob:none"],
    ["-c", "protocol.version=0"],
    ["-c", "protocol.version=1", "--filter=tree:0"],
    ["--depth", "2", "-c", "protocol.version=0"],
  ];
  const worker = async () => {
    while (next < CLONES) {
      const round = next;
      next += 1;
      const before = await server("rev-parse", "main");
      const clone = await world.clone(...(kinds[round % kinds.length] ?? []));
      const tip = await world.sure(clone, "rev-parse", "origin/main");
      await server("merge-base", "--is-ancestor", before, tip);
      if (round % 3 === 0) {
        await world.sure(clone, "commit", "-q", "--allow-empty", "-m", `mine ${round}`);
        await world.sure(clone, "push", "-q", "origin", `HEAD:bot/b/${round}`);
        assert.equal(await server("rev-parse", `bot/b/${round}`), await world.sure(clone, "rev-parse", "HEAD"));
      }
      rmSync(clone, { recursive: true });
    }
  };
  try {
    await Promise.all([worker(), worker(), worker(), worker()]);
  } finally {
    moving = false;
    await mover;
  }
  const fetches = world.origin.seen.filter((line) => line === "POST /o/r.git/git-upload-pack").length;
  t.diagnostic(
    `${CLONES} clones, ${world.verdicts().length / 2} pushes, ${moves} moves of the server, ${fetches} fetches`,
  );
  assert.ok(moves > 5, `the server moved ${moves} times`);
  assert.deepEqual(
    world.events.filter((event) => event.type === "git" && event.verdict === "deny"),
    [],
  );
});

test("a repository whose URL only begins like one of the gate's is reached as if there were no gate", {
  skip,
}, async () => {
  const world = await open();
  await world.git(world.folder, "ls-remote", world.url.replace("r.git", "r-other.git"));
  assert.deepEqual(world.origin.seen, ["GET /o/r-other.git/info/refs?service=git-upload-pack"]);
});

test("nothing but git's smart protocol is served, and nothing of the host's configuration counts", {
  skip,
}, async () => {
  const world = await open();
  const clone = await world.clone();
  const mirror = join(world.mirrors, "app.git");
  // An odd line of the server's own never gets here; what an operator's git would run is not run by ours.
  appendFileSync(join(world.folder, "home", ".gitconfig"), "[uploadpack]\n\tpackObjectsHook = touch /tmp/never\n");
  await world.sure(clone, "fetch", "-q");
  assert.doesNotMatch(readFileSync(join(mirror, "config"), "utf8"), /token|extraheader/i);
  const env = { PATH: process.env.PATH ?? "", HOME: join(world.folder, "home") };
  const url = spawnSync("git", ["-C", clone, "ls-remote", "--get-url"], { env, encoding: "utf8" }).stdout.trim();
  for (const path of [
    "HEAD",
    "config",
    "objects/info/packs",
    "info/refs",
    "info/refs?service=git-upload-archive",
    "git-upload-archive",
  ]) {
    const answer = await fetch(`${url.replace(/\.git$/, "")}/${path}`);
    assert.ok(answer.status >= 400, path);
  }
});
