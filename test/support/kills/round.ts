import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { assertPruned } from "../effects/pruned.ts";
import type { EffectsWorld } from "../effects/world.ts";
import { Dice } from "../leaks/dice.ts";
import type { Operator } from "../operator.ts";
import { remainsOf } from "../remains.ts";

/** An agent that commits without end, and says each commit only when git has it. */
const AGENT =
  "git config user.name a; git config user.email a@b; " +
  "while :; do git commit -q --allow-empty -m work && git rev-parse HEAD || exit 9; sleep 0.05; done";

/** Ends with the verb, or kills it after a while; keeps the commits that the agent spoke of. */
async function killAfter(child: ChildProcess, ms: number, promised: Set<string>): Promise<void> {
  child.stdin?.end();
  let printed = "";
  child.stdout?.on("data", (piece) => (printed += String(piece)));
  child.stderr?.resume();
  const closed = new Promise((resolve) => child.once("close", resolve));
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  await closed;
  clearTimeout(timer);
  for (const [id] of printed.matchAll(/^[0-9a-f]{40}$/gm)) promised.add(id);
}

const stateOf = async (operator: Operator, name: string): Promise<string | null> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout).find(
    (row: { name: string }) => row.name === name,
  )?.state ?? null;

/** The verbs that a round may kill, by the state in which the bottle is. */
const VERBS: { readonly [state: string]: readonly (readonly string[])[] } = {
  none: [["start", "shell", "KIND", "--name", "NAME", "-p", AGENT]],
  lost: [
    ["recover", "--settle", "NAME"],
    ["recover", "--settle", "--all"],
    ["prune"],
    ["resume", "NAME", "-p", AGENT],
    ["rm", "NAME"],
  ],
  ended: [
    ["resume", "NAME", "-p", AGENT],
    ["diff", "NAME"],
    ["rm", "NAME"],
    ["prune", "--all"],
    ["apply", "NAME"],
  ],
};

/**
 * One round: three verbs killed at moments that `seed` chose, then everything is brought back; answers what was done.
 * No verb is let run longer than `windowMs`; a start takes less.
 */
export async function killRound(seed: number, at: EffectsWorld, windowMs: number): Promise<string> {
  const { kind, operator, git, promised } = at;
  const dice = new Dice(seed);
  const name = `kill-${process.pid}-${seed}`;
  const story: string[] = [];
  for (let step = 0; step < 3; step++) {
    const state = await stateOf(operator, name);
    assert.ok(state !== "running" && state !== "creating", `${story.join(", ")}: ${name} runs without a host process`);
    const words = dice
      .one(VERBS[state === null ? "none" : state === "lost" ? "lost" : "ended"] ?? [])
      .flatMap((word) => (word === "KIND" ? kind.words : word === "NAME" ? name : word));
    const ms = dice.below(windowMs);
    story.push(`${words[0]} for ${ms} ms`);
    await killAfter(operator.spawn(words), ms, promised);
  }
  const told = `seed ${seed}: ${story.join(", ")}`;
  // What the kernel still ends.
  await delay(50);
  const recovered = await operator.bottle(["recover", "--settle", "--all"]);
  assert.doesNotMatch(recovered.stderr, /this is a bug/, told);
  await assertPruned(at, name, told);
  if ((await stateOf(operator, name)) !== null) {
    const removed = await operator.bottle(["rm", name]);
    assert.equal(removed.code, 0, `${told}: ${removed.stderr}`);
  }
  for (const kept of JSON.parse((await operator.bottle(["archive", "ls", "--format", "json"])).stdout)) {
    if (kept.name !== name || kept.bundles.length === 0) continue;
    const restored = await operator.bottle(["archive", "restore", kept.id]);
    assert.equal(restored.code, 0, `${told}: ${restored.stderr}`);
  }
  const known = new Set(git("rev-list", "--all").split("\n"));
  const missing = [...promised].filter((id) => !known.has(id));
  // A commit that landed by replay has another id; what was told as work is kept under refs/bottle all the same.
  assert.deepEqual(missing, [], `${told}: commits are lost`);
  assert.deepEqual(await remainsOf(operator, [name]), [], `${told}: something is left in the end`);
  git("fsck", "--connectivity-only");
  return told;
}
