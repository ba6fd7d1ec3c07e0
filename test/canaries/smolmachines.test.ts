/**
 * Holds the real smolvm of this machine to the contract, and says in what it differs from the fake one that the other tests
 * run on. Run by `npm test -- canaries/smolmachines`; never part of the default run. BOT_BOTTLE_SMOLVM names the program,
 * BOT_BOTTLE_SMOLVM_IMAGE a saved image with perl, python3 and util-linux in it. The comparison needs no KVM and no image:
 * its report, between the two lines of `=`, is for an issue. BOT_BOTTLE_RECORD keeps what was seen in test/support/smolvm/seen.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { release as kernel } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realSmolmachinesContender } from "../contract/contenders/smolmachines.ts";
import { contract } from "../contract/contract.ts";
import { answerDifferences, flagDifferences, see } from "../support/smolvm/comparison.ts";
import { smolvmWorld } from "../support/smolvm.ts";

contract(realSmolmachinesContender());

const SEEN = join(import.meta.dirname, "../support/smolvm/seen");
const program = process.env.BOT_BOTTLE_SMOLVM ?? "";

test("in what the real smolvm differs from the fake one of its release", {
  skip: program === "" ? "BOT_BOTTLE_SMOLVM names no smolvm" : false,
}, async () => {
  const probe = smolvmWorld("1.9.3");
  const real = await see(program, probe.image).finally(probe.dispose);
  const world = smolvmWorld(real.release);
  const fake = await see(world.program, world.image).finally(world.dispose);
  const { BOT_BOTTLE_RECORD: of } = process.env;
  if (of !== undefined)
    writeFileSync(join(SEEN, `${real.release}.json`), `${JSON.stringify({ of, ...real }, null, 2)}\n`);
  const differences = [...flagDifferences(real), ...answerDifferences(real, fake)];
  const rule = "=".repeat(72);
  const head = `smolvm ${real.release} on ${process.platform} ${process.arch}, ${kernel()}, beside the fake one:`;
  console.log([rule, head, ...differences.map((line) => `- ${line}`), rule].join("\n"));
  assert.equal(differences.length, 0, `${differences.length} differences, as listed above`);
});
