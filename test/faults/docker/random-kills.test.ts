/**
 * As test/faults/session/random-kills.test.ts, in containers. One round in each placement by default; the full run:
 * BOT_BOTTLE_KILL_ROUNDS=100 npm test -- test/faults/docker/random-kills.test.ts
 * A round that failed names its seed: BOT_BOTTLE_KILL_SEED=N repeats from there.
 */
import { test } from "node:test";
import { effectsWorld } from "../../support/effects/world.ts";
import { killRound } from "../../support/kills/round.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("docker-images", "perl", "git");
const ROUNDS = Number(process.env.BOT_BOTTLE_KILL_ROUNDS ?? 1);
const WINDOW_MS = Number(process.env.BOT_BOTTLE_KILL_WINDOW_MS ?? 6000);
const SEED = Number(process.env.BOT_BOTTLE_KILL_SEED ?? 1);

for (const placement of ["socket", "bundle"]) {
  test(`killed at any moment in containers (${placement}), ${ROUNDS} rounds: nothing is left, and no commit is lost`, {
    skip,
    timeout: 120_000 + ROUNDS * 120_000,
  }, async (context) => {
    const manifest = { bottles: { default: { backend: "docker", placement } } };
    const at = effectsWorld({ title: `docker, ${placement}`, words: [], manifest, settles: true });
    using _ = at.operator;
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) context.diagnostic(await killRound(seed, at, WINDOW_MS));
  });
}
