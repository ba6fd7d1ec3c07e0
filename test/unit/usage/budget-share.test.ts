import assert from "node:assert/strict";
import test from "node:test";
import type { Budget } from "../../../src/core/model/budget.ts";
import { planBudget } from "../../../src/core/plan/budget.ts";
import { budgetShares } from "../../../src/core/usage/budget-share.ts";
import { NO_USAGE } from "../../../src/core/usage/totals.ts";

const BUDGET: Budget = {
  bottle: { costMicros: 5_000_000, tokens: 1000 },
  day: { costMicros: 10_000_000 },
  warnAt: 0.8,
  atLimit: "ask",
};
const use = (costMicros: number, tokens: number, today: number, bottle = 0, day = 0) => ({
  usage: { ...NO_USAGE, requests: 1, costMicros, inputTokens: tokens },
  today: { costMicros: today, tokens: 0 },
  day: "2026-11-22",
  extended: { bottle, day },
});

test("of money and tokens the one that is used more counts, for the bottle and for the day", () => {
  const shares = (...args: Parameters<typeof use>) => budgetShares(BUDGET, use(...args)).map(({ share }) => share);
  assert.deepEqual(shares(2_500_000, 100, 1_000_000), [0.5, 0.1]);
  assert.deepEqual(shares(0, 1000, 10_000_000), [1, 1]);
  // Each yes is as much again, and a warning of its own.
  assert.deepEqual(shares(5_000_000, 0, 15_000_000, 1, 1), [0.5, 0.75]);
  const [first, second] = [budgetShares(BUDGET, use(1, 1, 1)), budgetShares(BUDGET, use(1, 1, 1, 1, 1))];
  assert.notEqual(first[0]?.key, second[0]?.key);
  assert.equal(second[0]?.words, "its budget of $10.00 and 2000 tokens");
});

test("a definition says what it limits, and nothing is limited without a word", () => {
  assert.deepEqual(planBudget({}), {});
  assert.deepEqual(planBudget({ budget: {}, prices: {} }), {});
  assert.deepEqual(planBudget({ budget: { usd: 0.5, perDay: { tokens: 9 }, atLimit: "stop" } }), {
    budget: { bottle: { costMicros: 500_000 }, day: { tokens: 9 }, warnAt: 0.8, atLimit: "stop" },
  });
});
