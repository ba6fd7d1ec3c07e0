/**
 * `npm run fuzz -- TARGET`: tries many inputs on one parser (or on `all`), always the same ones for the same seed. What
 * breaks a promise is made as small as can be, kept in test/fuzz/corpus, and tried first from then on.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allTargets, broken, CORPUS, corpusOf, type FuzzBounds, runTarget } from "../test/support/fuzz/run-target.ts";
import type { FuzzTarget } from "../test/support/fuzz/target.ts";

const USAGE = `npm run fuzz -- <target>|all [--iters N] [--seed S] [--seconds T]
npm run fuzz -- <target> --input FILE
npm run fuzz -- --list`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean" },
    iters: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string" },
    input: { type: "string" },
  },
});
const targets = await allTargets();
const [word = ""] = positionals;
const chosen = word === "all" ? targets : targets.filter(({ name }) => name === word);
const numbers = [values.iters, values.seed, values.seconds ?? "1"].map(Number);
const [iterations = 0, seed = 0, seconds = 0] = numbers;

if (values.list) {
  for (const target of targets)
    console.log(`${target.name.padEnd(20)} ${target.promise} (${corpusOf(target).size} kept inputs)`);
} else if (
  chosen.length === 0 ||
  positionals.length > 1 ||
  !numbers.every((it) => Number.isSafeInteger(it) && it > 0)
) {
  console.error(word === "" ? USAGE : `no target is named ${word}, or a number is none\n${USAGE}`);
  process.exitCode = 2;
} else {
  const bounds = { iterations, seed, ...(values.seconds === undefined ? {} : { seconds }) };
  for (const target of chosen) {
    if (!(await (values.input === undefined ? search(target, bounds) : replay(target, values.input)))) {
      process.exitCode = 1;
    }
  }
}

/** Tries made inputs; true when none breaks the promise. */
async function search(target: FuzzTarget, bounds: FuzzBounds): Promise<boolean> {
  const began = performance.now();
  const { runs, taken, failure } = await runTarget(target, bounds);
  const took = (performance.now() - began) / 1000;
  const rate = Math.round(runs / Math.max(took, 0.001));
  const found = failure === null ? "nothing found" : "FOUND";
  const share = runs === 0 ? 0 : Math.round((100 * taken) / runs);
  console.log(
    `${target.name}: ${found}, ${runs} inputs (${share} % taken) in ${took.toFixed(1)} s (${rate}/s), seed ${bounds.seed}`,
  );
  if (failure === null) return true;
  const name = `found-${createHash("sha256").update(failure.input).digest("hex").slice(0, 12)}`;
  const folder = join(CORPUS, target.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), failure.input);
  tell(target, failure.error);
  console.log(`again: npm run fuzz -- ${target.name} --input ${join(folder, name)}`);
  console.log(`  all: npm run fuzz -- ${target.name} --seed ${bounds.seed} --iters ${bounds.iterations}`);
  return false;
}

/** Tries one file. */
async function replay(target: FuzzTarget, path: string): Promise<boolean> {
  const error = await broken(target, readFileSync(path));
  await target.close?.();
  if (error === null) console.log(`${target.name}: ${path} breaks nothing`);
  else tell(target, error);
  return error === null;
}

function tell(target: FuzzTarget, error: unknown): void {
  console.log(`${target.name}: ${target.promise}`);
  console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
