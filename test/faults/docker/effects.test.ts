/**
 * As test/faults/session/effects.test.ts, in containers, where a verb's effects are calls of the engine too. One N of each
 * verb by default; all of them, for hours: BOT_BOTTLE_EFFECT_STRIDE=1 BOT_BOTTLE_TEST_SECONDS=20000 npm test --
 * test/faults/docker/effects.test.ts. BOT_BOTTLE_EFFECT_VERB=rm takes one verb alone, BOT_BOTTLE_EFFECT_PLACEMENT=socket
 * one placement.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt, EFFECT_MODES, type EffectMode } from "../../support/effects/attempt.ts";
import { effectsWorld } from "../../support/effects/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("docker-images", "perl", "git");
const {
  BOT_BOTTLE_EFFECT_VERB: VERB,
  BOT_BOTTLE_EFFECT_PLACEMENT: PLACEMENT,
  BOT_BOTTLE_EFFECT_STRIDE: STRIDE,
} = process.env;

/** Where each verb fails by default: the first of its effects that leaves the most behind. */
const SAMPLES: readonly { verb: string; placement: string; nth: number; mode: EffectMode }[] = [
  { verb: "start", placement: "bundle", nth: 40, mode: "kill" },
  { verb: "exec", placement: "socket", nth: 1, mode: "killed-after" },
  { verb: "stop", placement: "bundle", nth: 4, mode: "full" },
  { verb: "resume", placement: "socket", nth: 40, mode: "full" },
  { verb: "rm", placement: "bundle", nth: 10, mode: "kill" },
];

const kindOf = (placement: string) => ({
  title: `docker, ${placement}`,
  words: [],
  settles: true,
  manifest: { bottles: { default: { backend: "docker", placement } } },
});

for (const { verb, ...sample } of SAMPLES.filter((one) => VERB === undefined || one.verb === VERB)) {
  const placement = PLACEMENT ?? sample.placement;
  test(`${verb} in containers (${placement}): whatever goes wrong in it, nothing is left behind and no commit is lost`, {
    skip,
    timeout: 3_600_000,
  }, async (context) => {
    const modes = STRIDE === undefined ? [sample.mode] : EFFECT_MODES;
    const wrong: string[] = [];
    const attempts = modes.map(async (mode, index) => {
      const at = effectsWorld(kindOf(placement));
      using _ = at.operator;
      const stride = Number(STRIDE ?? Number.POSITIVE_INFINITY);
      let nth = STRIDE === undefined ? sample.nth : 1 + Math.floor((stride * index) / modes.length);
      let tried = 0;
      for (; Number.isFinite(nth) && wrong.length < 20; nth += stride) {
        const effect = await attempt(at, verb, `e${process.pid}-${mode}-${nth}`, nth, mode).catch((error: unknown) => {
          wrong.push(String(error).slice(0, 2000));
          return "";
        });
        if (effect === null) break;
        context.diagnostic(`${mode}, ${nth}: ${effect.slice(0, 80)}`);
        tried += 1;
      }
      return tried;
    });
    const tried = await Promise.all(attempts);
    assert.deepEqual(wrong, []);
    assert.ok(
      tried.every((count) => count > 0),
      "no effect was there to go wrong",
    );
  });
}
