import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CliResult } from "../operator.ts";
import { assertPruned } from "./pruned.ts";
import { EFFECTS_VERBS } from "./verbs.ts";
import { type EffectsWorld, keepPromises } from "./world.ts";

const PRELOAD = fileURLToPath(new URL("../failing-effects.ts", import.meta.url));

/** What happens to the Nth effect: see failing-effects.ts. */
export const EFFECT_MODES = ["full", "kill", "killed-after"] as const;
export type EffectMode = (typeof EFFECT_MODES)[number];

/**
 * The Nth effect of a verb goes wrong, and the ordinary verbs bring everything back to nothing left and nothing lost. The
 * answer is the effect's name, null where the verb has fewer.
 */
export async function attempt(at: EffectsWorld, what: string, name: string, nth: number, mode: EffectMode) {
  const { run, seen: effect } = await runVerb(at, what, name, `${nth} ${mode}`);
  const told = `${at.kind.title}: ${what}, effect ${nth} (${effect}), ${mode}`;
  await assertMended(at, name, told);
  if (effect !== "") judge(run, mode, told);
  return effect === "" ? null : effect;
}

/** How many effects a verb has where nothing goes wrong; the next time it may be one or two more or fewer. */
export async function countEffects(at: EffectsWorld, what: string, name: string): Promise<number> {
  const { run, seen } = await runVerb(at, what, name, "0 full");
  const told = `${at.kind.title}: ${what}, nothing goes wrong`;
  await assertMended(at, name, told);
  judge(run, "full", told);
  assert.match(seen, /^[1-9]\d*$/, `${told}: no effect was counted`);
  return Number(seen);
}

async function runVerb(at: EffectsWorld, what: string, name: string, effect: string) {
  const verb = EFFECTS_VERBS[what];
  assert.ok(verb !== undefined, `no verb is called ${what}`);
  const file = join(at.operator.home, `seen-${name}`);
  writeFileSync(file, "");
  await verb.before(at, name);
  const run = await verb.run(at, name, {
    NODE_OPTIONS: `--import=${PRELOAD}`,
    BOT_BOTTLE_TEST_EFFECT: effect,
    BOT_BOTTLE_TEST_EFFECT_SEEN: file,
  });
  keepPromises(at, run.stdout);
  const seen = readFileSync(file, "utf8").split("\n")[0] ?? "";
  rmSync(file);
  return { run, seen };
}

function judge({ code, stderr }: CliResult, mode: EffectMode, told: string): void {
  if (mode !== "full") return;
  assert.doesNotMatch(stderr, /this is a bug/, told);
  assert.notEqual(code, 70, told);
  assert.notEqual(code, null, told);
}

/** Whatever happened: the ordinary verbs bring everything back to nothing left and nothing lost. */
async function assertMended(at: EffectsWorld, name: string, told: string): Promise<void> {
  const { operator, git, promised } = at;
  const bottle = async (...words: readonly string[]) => {
    const run = await operator.bottle(words);
    assert.doesNotMatch(run.stderr, /this is a bug/, `${told}: ${words.join(" ")}`);
    return run;
  };
  const rows = async (): Promise<{ name: string; state: string; detached: boolean }[]> =>
    JSON.parse((await bottle("ls", "--format", "json")).stdout);
  // What a verb was to do to a bottle that runs in another process did not end that one.
  for (const { state, detached } of await rows()) {
    if (detached && state === "running") assert.equal((await bottle("stop", "--grace", "1", name)).code, 0, told);
  }
  assert.deepEqual(
    (await rows()).filter(({ state }) => state === "running" || state === "creating"),
    [],
    `${told}: it is said to run`,
  );
  await bottle("recover", "--all", "--settle");
  await assertPruned(at, name, told);
  if ((await rows()).length > 0) {
    const removed = await bottle("rm", name);
    assert.equal(removed.code, 0, `${told}: ${removed.stderr}`);
  }
  for (const kept of JSON.parse((await bottle("archive", "ls", "--format", "json")).stdout)) {
    if (kept.bundles.length > 0) {
      const restored = await bottle("archive", "restore", kept.id);
      assert.equal(restored.code, 0, `${told}: ${restored.stderr}`);
    }
    assert.equal((await bottle("archive", "prune", kept.id)).code, 0, told);
  }
  const known = new Set(git("rev-list", "--all").split("\n"));
  assert.deepEqual(
    [...promised].filter((id) => !known.has(id)),
    [],
    `${told}: commits are lost`,
  );
}
