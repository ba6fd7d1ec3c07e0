import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Backend } from "../../src/backends/backend.ts";
import type { Contender } from "../support/contender.ts";
import { skipWithout } from "../support/needs.ts";
import { openTestBottle, type TestBottle, type TestBottleOptions } from "../support/test-bottle.ts";
import { CHAPTERS } from "./chapters.ts";
import type { Chapter, Clause } from "./clause.ts";
import { gatewayOnly } from "./gateway-only.ts";
import { differences, exemptions, type Outcome, RESULTS_LINE, recordedResults, type ShownResults } from "./results.ts";

/**
 * Holds a backend to everything that is promised about a bottle, and the results on record to what this run showed.
 * Under `npm run record-contract` (BOT_BOTTLE_RECORD) it only says what it showed.
 */
export function contract(contender: Contender, chapters: readonly Chapter[] = CHAPTERS): void {
  const skip = contender.skip();
  const outcomes = new Map<string, Outcome>();
  for (const chapter of chapters) {
    describe(`${contender.column}: ${chapter.title}`, { skip }, () => runChapter(contender, chapter, outcomes));
  }
  test(`${contender.column}: the results on record are what this run showed`, { skip }, async () => {
    const { column } = contender;
    if (process.env.BOT_BOTTLE_RECORD === undefined) {
      assert.deepEqual(differences(recordedResults(column), outcomes), []);
      return;
    }
    const shown: ShownResults = { column, on: await contender.platform(), clauses: Object.fromEntries(outcomes) };
    console.log(`${RESULTS_LINE}${JSON.stringify(shown)}`);
  });
}

function runChapter(contender: Contender, chapter: Chapter, outcomes: Map<string, Outcome>): void {
  let backend: Backend | null = null;
  let shared: Promise<TestBottle> | null = null;
  const load = async () => {
    backend ??= await contender.load();
    return backend;
  };
  const open = async (options: TestBottleOptions = {}) =>
    openTestBottle(await load(), {
      services: gatewayOnly,
      ...options,
      plan: (plan, facts) => {
        const own = contender.plan?.(plan, facts) ?? {};
        return { ...own, ...options.plan?.({ ...plan, ...own }, facts) };
      },
    });
  after(async () => {
    await (await shared?.catch(() => null))?.dispose();
  });
  const reasons = exemptions(contender);
  for (const clause of chapter.clauses) {
    const why = reasons.get(clause.id);
    if (why !== undefined) outcomes.set(clause.id, `exempt: ${why}`);
    const options = { skip: why ?? skipWithout(...(clause.needs ?? [])), timeout: clause.timeoutMs ?? 120_000 };
    test(clause.title, options, async () => {
      outcomes.set(clause.id, "fails: its test");
      const opened: TestBottle[] = [];
      try {
        await clause.run({
          contender,
          backend: await load(),
          shared: () => {
            shared ??= open();
            return shared;
          },
          open: async (options) => {
            const b = await open(options);
            opened.push(b);
            return b;
          },
        } satisfies Parameters<Clause["run"]>[0]);
      } finally {
        for (const b of opened.reverse()) await b.dispose();
      }
      outcomes.set(clause.id, "holds");
    });
  }
}
