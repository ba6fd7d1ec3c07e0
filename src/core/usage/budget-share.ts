import type { UsageTotals } from "../model/activity.ts";
import type { Budget, BudgetAmount } from "../model/budget.ts";
import { amountText } from "../plan/budget.ts";
import { tokensOf } from "./totals.ts";

/** One limit of a budget and how far it is used. */
export interface SharedLimit {
  readonly of: "bottle" | "day";
  /** Another one for another day, and for each time that the operator let it go on. */
  readonly key: string;
  /** What the manifest says, and what one yes adds. */
  readonly amount: BudgetAmount;
  readonly used: BudgetAmount;
  /** Of all that was allowed by now; 1 and more: it is used up. */
  readonly share: number;
  /** Which it is, in words, e.g. `its budget of $5.00`. */
  readonly words: string;
}

export interface BudgetUse {
  readonly usage: UsageTotals;
  /** Of all bottles of the definition, on this local day. */
  readonly today: { readonly costMicros: number; readonly tokens: number };
  readonly day: string;
  /** How often the operator let it go on with as much again. */
  readonly extended: { readonly bottle: number; readonly day: number };
}

/** How far each limit of a budget is used. */
export function budgetShares(budget: Budget, { usage, today, day, extended }: BudgetUse): readonly SharedLimit[] {
  const one = (of: "bottle" | "day", amount: BudgetAmount, use: BudgetUse["today"], times: number): SharedLimit => {
    const allowed = {
      ...(amount.costMicros !== undefined && { costMicros: amount.costMicros * times }),
      ...(amount.tokens !== undefined && { tokens: amount.tokens * times }),
    };
    const shares = [
      allowed.costMicros === undefined ? 0 : use.costMicros / allowed.costMicros,
      allowed.tokens === undefined ? 0 : use.tokens / allowed.tokens,
    ];
    return {
      of,
      key: of === "day" ? `day ${day} ${times}` : `bottle ${times}`,
      amount,
      used: {
        ...(amount.costMicros !== undefined && { costMicros: use.costMicros }),
        ...(amount.tokens !== undefined && { tokens: use.tokens }),
      },
      share: Math.max(...shares),
      words: of === "day" ? `today's budget of ${amountText(allowed)}` : `its budget of ${amountText(allowed)}`,
    };
  };
  const own = { costMicros: usage.costMicros, tokens: tokensOf(usage) };
  return [
    ...(budget.bottle === undefined ? [] : [one("bottle", budget.bottle, own, 1 + extended.bottle)]),
    ...(budget.day === undefined ? [] : [one("day", budget.day, today, 1 + extended.day)]),
  ];
}
