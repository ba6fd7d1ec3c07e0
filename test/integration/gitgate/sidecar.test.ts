import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openGateWorld } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";
import { openPlace } from "../../support/sidecar/place.ts";

test("where the gateway runs beside the bottle, the git gate is reached over the control stream", {
  skip: skipWithout("git"),
}, async (t) => {
  const world = await openGateWorld({ place: openPlace(t) });
  try {
    const clone = await world.clone();
    writeFileSync(join(clone, "big.bin"), randomBytes(3 << 20));
    await world.sure(clone, "add", "-A");
    await world.sure(clone, "commit", "-q", "-m", "work");
    await world.sure(clone, "push", "-q", "origin", "HEAD:refs/heads/bot/b/x");
    assert.equal(world.upstream("rev-parse", "bot/b/x"), await world.sure(clone, "rev-parse", "HEAD"));
    const again = await world.clone("--branch", "bot/b/x", "--depth", "1");
    assert.equal(await world.sure(again, "rev-parse", "HEAD"), await world.sure(clone, "rev-parse", "HEAD"));
    writeFileSync(join(clone, "key"), `AKIA${"Q3EGRIPVTZ7WYXNB"}\n`);
    await world.sure(clone, "add", "-A");
    await world.sure(clone, "commit", "-q", "-m", "key");
    const { code, said } = await world.git(clone, "push", "origin", "HEAD:refs/heads/bot/b/x");
    assert.equal(code, 1);
    assert.match(said, /push refused \(secret-found\)/);
    const refused = await world.git(clone, "push", "origin", "HEAD:refs/heads/main");
    assert.match(refused.said, /push refused \(ref-refused\)/);
    assert.deepEqual(world.alerts, []);
  } finally {
    await world.close();
  }
});
