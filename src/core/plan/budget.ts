import type { AmountDefinition, Budget, BudgetAmount, SpendingDefinition } from "../model/budget.ts";
import type { BottlePlan } from "../model/plan.ts";

const WARN_AT = 0.8;

/** What a bottle's models may cost, as its definition says; nothing where it says nothing. */
export function planBudget({ budget, prices }: SpendingDefinition): Pick<BottlePlan, "budget" | "prices"> {
  const own = prices === undefined || Object.keys(prices).length === 0 ? {} : { prices };
  if (budget === undefined) return own;
  const bottle = amountOf(budget);
  const day = budget.perDay === undefined ? null : amountOf(budget.perDay);
  if (bottle === null && day === null) return own;
  const planned: Budget = {
    ...(bottle !== null && { bottle }),
    ...(day !== null && { day }),
    warnAt: budget.warnAt ?? WARN_AT,
    atLimit: budget.atLimit ?? "ask",
  };
  return { ...own, budget: planned };
}

function amountOf({ usd, tokens }: AmountDefinition): BudgetAmount | null {
  if (usd === undefined && tokens === undefined) return null;
  return {
    ...(usd !== undefined && { costMicros: Math.round(usd * 1_000_000) }),
    ...(tokens !== undefined && { tokens }),
  };
}

/** An amount in words, e.g. `$5.00 and 2000000 tokens`. */
export function amountText({ costMicros, tokens }: BudgetAmount): string {
  return [
    ...(costMicros === undefined ? [] : [`$${(costMicros / 1_000_000).toFixed(2)}`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
  ].join(" and ");
}

/** What the plan says of money; empty: nothing is limited. */
export function budgetLines({ budget, prices = {} }: Pick<BottlePlan, "budget" | "prices">): readonly string[] {
  const own = Object.keys(prices);
  const lines = own.length === 0 ? [] : [`with your prices for ${own.join(", ")}`];
  if (budget === undefined) return lines;
  const { bottle, day, warnAt, atLimit } = budget;
  const end = atLimit === "ask" ? "then requests to models wait for you" : "then the bottle ends";
  return [
    ...(bottle === undefined ? [] : [`${amountText(bottle)}, ${end}`]),
    ...(day === undefined ? [] : [`${amountText(day)} a day for all bottles of this definition, ${end}`]),
    `you are told at ${Math.round(warnAt * 100)} %`,
    ...lines,
  ];
}
