import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git", "sshd");
const open = gateWorlds();

async function commit(world: GateWorld, clone: string): Promise<string> {
  await world.sure(clone, "commit", "-q", "--allow-empty", "-m", `work ${Math.random()}`);
  return world.sure(clone, "rev-parse", "HEAD");
}

function upstreamHook(world: GateWorld, name: string, script: string): void {
  writeFileSync(join(world.origin.bare, "hooks", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A branch of the mirror, as git there has it. */
const mirrored = async (world: GateWorld, branch: string) =>
  (await world.git(join(world.mirrors, "app.git"), "rev-parse", "--verify", "-q", `refs/heads/${branch}`)).said.trim();

/** All files of the mirror but its objects and those that git only samples. */
const files = (world: GateWorld) => readdirSync(join(world.mirrors, "app.git"), { recursive: true }).map(String);

for (const ssh of [undefined, {}]) {
  const how = ssh === undefined ? "https" : "ssh";
  test(`a server over ${how} that is killed before it took a push has nothing of it, and neither has the mirror`, {
    skip,
  }, async () => {
    const world = await open(ssh === undefined ? {} : { ssh });
    const clone = await world.clone();
    upstreamHook(world, "pre-receive", "kill -9 $PPID");
    const tip = await commit(world, clone);
    const { code, said } = await world.git(clone, "push", "origin", "HEAD:bot/b/x");
    assert.equal(code, 1);
    assert.match(said, /push refused \(upstream-failed\)[\s\S]*git fetch shows whether the server has it/);
    assert.equal(world.upstream("for-each-ref", "refs/heads/bot"), "");
    assert.equal(await mirrored(world, "bot/b/x"), "");
    upstreamHook(world, "pre-receive", "exit 0");
    await world.sure(clone, "push", "-q", "origin", "HEAD:bot/b/x");
    assert.equal(world.upstream("rev-parse", "bot/b/x"), tip);
    assert.equal(await mirrored(world, "bot/b/x"), tip);
  });

  test(`a server over ${how} that is killed when it had taken a push: the push is there, and the agent is told so`, {
    skip,
  }, async () => {
    const world = await open(ssh === undefined ? {} : { ssh });
    const clone = await world.clone();
    upstreamHook(world, "post-receive", "kill -9 $PPID");
    const tip = await commit(world, clone);
    await world.sure(clone, "push", "-q", "--atomic", "origin", "HEAD:bot/b/x", "HEAD:bot/b/y");
    for (const branch of ["bot/b/x", "bot/b/y"]) {
      assert.equal(world.upstream("rev-parse", branch), tip);
      assert.equal(await mirrored(world, branch), tip);
    }
    assert.equal(world.verdicts().at(-1), "accepted");
  });
}

test("locks and halves that a killed git leaves in the mirror stop no read and no push", { skip }, async () => {
  const world = await open();
  const clone = await world.clone();
  const mirror = join(world.mirrors, "app.git");
  const tip = await commit(world, clone);
  mkdirSync(join(mirror, "refs/heads/bot/b"), { recursive: true });
  for (const lock of ["refs/heads/main.lock", "refs/heads/bot/b/x.lock", "packed-refs.lock", "HEAD.lock"]) {
    writeFileSync(join(mirror, lock), "");
  }
  mkdirSync(join(mirror, "objects/pack"), { recursive: true });
  writeFileSync(join(mirror, "objects/pack/tmp_pack_x"), "half");
  await world.sure(clone, "push", "-q", "origin", "HEAD:bot/b/x");
  world.upstream("branch", "-f", "main", "bot/b/x");
  await world.sure(clone, "fetch", "-q");
  assert.equal(await world.sure(clone, "rev-parse", "origin/main"), tip);
  assert.deepEqual(
    files(world).filter((name) => /\.lock$|tmp_/.test(name)),
    [],
  );
});
