import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";
import { newerGit } from "../../support/newer-git.ts";

const open = gateWorlds();

async function commit(world: GateWorld, clone: string, file: string, content: string | Buffer): Promise<string> {
  writeFileSync(join(clone, file), content);
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", file);
  return world.sure(clone, "rev-parse", "HEAD");
}

const GITS = [
  { who: "agents with a newer git than the gate's", needs: ["git", "newer-git"], client: newerGit },
  { who: "a gate with a newer git than the agents'", needs: ["git", "newer-git"], host: newerGit },
  { who: "agents and a gate with one git", needs: ["git"] },
] as const;

for (const { who, needs, ...gits } of GITS) {
  test(`${who}: protocols 0, 1 and 2, shallow and partial clones, large and thin pushes, and refusals`, {
    skip: skipWithout(...needs),
  }, async () => {
    const world = await open(gits);
    for (const version of ["0", "1", "2"]) {
      const clone = await world.clone("-c", `protocol.version=${version}`, "--depth", "1");
      const branch = `bot/b/by-${version}`;
      const tip = await commit(world, clone, "README", `${"from upstream\n".repeat(300)}${version}\n`);
      await world.sure(clone, "push", "-q", "--thin", "origin", `HEAD:${branch}`);
      assert.equal(world.upstream("rev-parse", branch), tip);
      await world.sure(clone, "fetch", "-q", "--unshallow");
    }
    const partial = await world.clone("--filter=blob:none", "--no-checkout");
    await world.sure(partial, "checkout", "-q", "-b", "bot/b/part", "origin/bot/b/by-2");
    // Larger than http.postBuffer: chunked, behind a probe of four bytes.
    const tip = await commit(world, partial, "big.bin", randomBytes(2 << 20));
    await world.sure(partial, "push", "-q", "--atomic", "origin", "HEAD", "HEAD:bot/b/more");
    assert.equal(world.upstream("rev-parse", "bot/b/part", "bot/b/more"), `${tip}\n${tip}`);
    await commit(world, partial, "key", `AKIA${"Q3EGRIPVTZ7WYXNB"}\n`);
    const refused = await world.git(partial, "push", "origin", "HEAD");
    assert.equal(refused.code, 1);
    assert.match(refused.said, /push refused \(secret-found\)[\s\S]*key:1/);
    assert.equal(world.upstream("rev-parse", "bot/b/part"), tip);
    assert.deepEqual(world.alerts, []);
  });
}
