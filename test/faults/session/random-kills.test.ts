/**
 * Kills `bottle` with SIGKILL at random moments of random verbs, then recovers. A short run by default; the full one:
 * BOT_BOTTLE_KILL_ROUNDS=200 npm test -- test/faults/session/random-kills.test.ts
 * A round that failed names its seed: BOT_BOTTLE_KILL_SEED=N repeats from there.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { effectsWorld } from "../../support/effects/world.ts";
import { killRound } from "../../support/kills/round.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("bubblewrap", "perl", "git");
const ROUNDS = Number(process.env.BOT_BOTTLE_KILL_ROUNDS ?? 8);
const WINDOW_MS = Number(process.env.BOT_BOTTLE_KILL_WINDOW_MS ?? 2500);
const SEED = Number(process.env.BOT_BOTTLE_KILL_SEED ?? 1);

test(`killed at any moment, ${ROUNDS} rounds: nothing is left, and no commit is lost`, {
  skip,
  timeout: 60_000 + ROUNDS * 60_000,
}, async (context) => {
  const at = effectsWorld({ title: "bubblewrap", words: ["--without-cgroup"], manifest: null });
  using operator = at.operator;
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) context.diagnostic(await killRound(seed, at, WINDOW_MS));
  assert.ok(at.promised.size > 0, "no round let the agent commit: the test shows nothing");
  const archive = join(operator.home, ".local/state/bot-bottle/archive");
  assert.ok(existsSync(archive) && readdirSync(archive).length > 0);
  assert.match(readFileSync(join(operator.workspace, "README"), "utf8"), /a project/);
});
