import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Arbitrary } from "fast-check";
import fc from "../properties.ts";
import type { FuzzTarget } from "./target.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TARGETS = join(ROOT, "test/fuzz/targets");
/** Inputs worth trying each time, a folder for each target: seeds, and whatever broke a promise once. */
export const CORPUS = "test/fuzz/corpus";

/** Every target, by name: each file of the folder exports one. */
export async function allTargets(): Promise<readonly FuzzTarget[]> {
  const files = readdirSync(TARGETS).filter((file) => file.endsWith(".ts"));
  const targets = await Promise.all(
    files.map(async (file) => {
      const module: { target?: FuzzTarget } = await import(join(TARGETS, file));
      if (module.target === undefined) throw new Error(`${file} exports no target`);
      return module.target;
    }),
  );
  return targets.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The kept inputs of a target, by file name. */
export function corpusOf(target: FuzzTarget): ReadonlyMap<string, Buffer> {
  const folder = join(ROOT, CORPUS, target.name);
  let names: string[] = [];
  try {
    names = readdirSync(folder).sort();
  } catch {
    // A new target has none.
  }
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

export interface FuzzBounds {
  readonly iterations: number;
  readonly seed: number;
  /** Ends earlier when this has passed. */
  readonly seconds?: number;
}

export interface FuzzOutcome {
  /** Inputs that were tried, those of the corpus not counted. */
  readonly runs: number;
  /** How many of them the parser took. */
  readonly taken: number;
  /** The smallest input found that breaks the promise, and how. */
  readonly failure: { readonly input: Buffer; readonly error: unknown } | null;
}

/** Tries the corpus, then made inputs: the same seed makes the same ones. */
export async function runTarget(target: FuzzTarget, bounds: FuzzBounds): Promise<FuzzOutcome> {
  const corpus = [...corpusOf(target).values()];
  let taken = 0;
  try {
    for (const input of corpus) {
      const error = await broken(target, input);
      if (error !== null) return { runs: 0, taken: 0, failure: { input, error } };
    }
    const details = await fc.check(
      fc.asyncProperty(inputsOf(target, corpus), async (input) => {
        if (await target.check(Buffer.from(input))) taken += 1;
      }),
      {
        numRuns: bounds.iterations,
        seed: bounds.seed,
        ...(bounds.seconds === undefined ? {} : { interruptAfterTimeLimit: bounds.seconds * 1000 }),
      },
    );
    const input = details.counterexample === null ? null : Buffer.from(details.counterexample[0]);
    return { runs: details.numRuns, taken, failure: input === null ? null : { input, error: details.errorInstance } };
  } finally {
    await target.close?.();
  }
}

/** What one input breaks; null when nothing. */
export async function broken(target: FuzzTarget, input: Buffer): Promise<unknown> {
  try {
    await target.check(Buffer.from(input));
    return null;
  } catch (error) {
    return error ?? new Error("something was thrown");
  }
}

/** What the target makes, and kept inputs with pieces changed, cut out, doubled and joined. */
function inputsOf(target: FuzzTarget, corpus: readonly Buffer[]): Arbitrary<Uint8Array> {
  const [first, ...rest] = corpus.filter((input) => input.length > 0);
  if (first === undefined) return target.input;
  const kept = fc.constantFrom(first, ...rest);
  const change = fc.oneof(
    fc.record({ at: fc.nat(), drop: fc.constantFrom(0, 0, 1, 1, 2, 7), put: fc.uint8Array({ maxLength: 3 }) }),
    fc.record({ at: fc.nat(), drop: fc.constantFrom(0, 1), put: kept }),
  );
  const changed = fc.tuple(kept, fc.array(change, { minLength: 1, maxLength: 4 })).map(([input, changes]) =>
    changes.reduce<Uint8Array>((bytes, { at, drop, put }) => {
      const place = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + drop)]);
    }, input),
  );
  return fc.oneof({ weight: 2, arbitrary: target.input }, { weight: 1, arbitrary: changed });
}
