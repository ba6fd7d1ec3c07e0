/**
 * Every verb that changes something, with the Nth thing that it does going wrong: the disk is full, or the process is
 * killed before or after. A part of the Ns by default; all of them (an hour on two cores):
 * BOT_BOTTLE_EFFECT_STRIDE=1 BOT_BOTTLE_TEST_SECONDS=7200 npm test -- test/faults/session/effects.test.ts
 * BOT_BOTTLE_EFFECT_VERB=rm takes one verb alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt, countEffects, EFFECT_MODES } from "../../support/effects/attempt.ts";
import { EFFECTS_VERBS } from "../../support/effects/verbs.ts";
import { effectsWorld } from "../../support/effects/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("bubblewrap", "perl", "git");
const STRIDE = Number(process.env.BOT_BOTTLE_EFFECT_STRIDE ?? 61);
const { BOT_BOTTLE_EFFECT_VERB: ONLY } = process.env;
const KIND = { title: "bubblewrap", words: ["--without-cgroup"], manifest: null };

for (const [what, verb] of Object.entries(EFFECTS_VERBS).filter(([name]) => ONLY === undefined || name === ONLY)) {
  test(`${what}: whatever goes wrong in it, nothing is left behind, no commit is lost and it is called no bug`, {
    skip,
    timeout: 3_600_000,
  }, async (context) => {
    const wrong: string[] = [];
    // Where every one is tried, the end is found by trying too; else one run tells it, instead of one for each mode.
    const count = STRIDE === 1 ? Number.POSITIVE_INFINITY : await counted(what);
    const attempts = EFFECT_MODES.map(async (mode, index) => {
      const at = effectsWorld(KIND);
      using _ = at.operator;
      // Each way begins elsewhere, so that fewer Ns are left out by all.
      const stride = Math.min(STRIDE, verb.few ?? STRIDE);
      let nth = 1 + Math.floor((stride * index) / EFFECT_MODES.length);
      let tried = 0;
      for (; nth <= count && wrong.length < 20; nth += stride) {
        const effect = await attempt(at, what, `e${process.pid}-${mode}-${nth}`, nth, mode).catch((error: unknown) => {
          wrong.push(String(error).slice(0, 2000));
          return "";
        });
        if (effect === null) break;
        tried += 1;
      }
      context.diagnostic(`${mode}: ${tried} effects tried, at most ${Math.min(count, nth - 1)} there`);
      return tried;
    });
    const tried = await Promise.all(attempts);
    assert.deepEqual(wrong, []);
    assert.ok(
      tried.some((count) => count > 0),
      "no effect was there to go wrong",
    );
  });
}

async function counted(what: string): Promise<number> {
  const at = effectsWorld(KIND);
  using _ = at.operator;
  return await countEffects(at, what, `e${process.pid}-count`);
}
