/** How much of something may be used; what is absent is not limited. At least one is there. */
export interface BudgetAmount {
  /** Millionths of a US dollar. */
  readonly costMicros?: number;
  /** Of every kind. */
  readonly tokens?: number;
}

/** What the models of a bottle may cost. */
export interface Budget {
  /** Of the bottle, over all its runs; absent: no limit. */
  readonly bottle?: BudgetAmount;
  /** Of all bottles of its definition together, on a local day; absent: no limit. */
  readonly day?: BudgetAmount;
  /** The share after which the operator is told, above 0 and at most 1. */
  readonly warnAt: number;
  /** At the limit: `ask` holds requests to models until the operator says something, `stop` ends the bottle. */
  readonly atLimit: "ask" | "stop";
}

/** As `BudgetAmount`, as a manifest says it. */
export interface AmountDefinition {
  /** US dollars. */
  readonly usd?: number | undefined;
  readonly tokens?: number | undefined;
}

export interface BudgetDefinition extends AmountDefinition {
  readonly perDay?: AmountDefinition | undefined;
  readonly warnAt?: number | undefined;
  readonly atLimit?: "ask" | "stop" | undefined;
}

/** What a bottle's definition says of money. Operator's file only. */
export interface SpendingDefinition {
  readonly budget?: BudgetDefinition | undefined;
  /** US dollars for a million tokens, by the beginning of a model's name. */
  readonly prices?:
    | Readonly<
        Record<
          string,
          {
            readonly input: number;
            readonly output: number;
            readonly cacheRead?: number | undefined;
            readonly cacheWrite?: number | undefined;
            readonly cacheWriteLong?: number | undefined;
          }
        >
      >
    | undefined;
}
