import assert from "node:assert/strict";
import { remainsOf } from "../remains.ts";
import type { EffectsWorld } from "./world.ts";

/** Calls of `prune` after which an engine must have done all that it was asked for. */
const PRUNES = 20;

/** Has `prune` remove what is left of the bottle called `name`, and checks that nothing is. */
export async function assertPruned({ kind, operator }: EffectsWorld, name: string, told: string): Promise<void> {
  let left: readonly string[] = [];
  for (let nth = 0; nth === 0 || (kind.settles === true && nth < PRUNES && left.length > 0); nth++) {
    const pruned = await operator.bottle(["prune"]);
    assert.doesNotMatch(pruned.stderr, /this is a bug/, `${told}: prune`);
    assert.equal(pruned.code, 0, `${told}: ${pruned.stderr}`);
    left = await remainsOf(operator, [name]);
  }
  assert.deepEqual(left, [], `${told}: something is left`);
}
