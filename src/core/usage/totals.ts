import type { UsageTotals } from "../model/activity.ts";
import type { UsageEvent } from "../model/audit.ts";

/** Of a bottle that asked no model for anything. */
export const NO_USAGE: UsageTotals = {
  requests: 0,
  unknown: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicros: 0,
  unpriced: 0,
};

/** What one answer adds. */
export function usageOf({ tokens, complete, costMicros }: UsageEvent): UsageTotals {
  return {
    requests: 1,
    unknown: tokens === null || !complete ? 1 : 0,
    inputTokens: tokens?.input ?? 0,
    outputTokens: tokens?.output ?? 0,
    cacheReadTokens: tokens?.cacheRead ?? 0,
    cacheWriteTokens: tokens?.cacheWrite ?? 0,
    costMicros: costMicros ?? 0,
    unpriced: tokens !== null && (costMicros ?? null) === null ? 1 : 0,
  };
}

/** Both together. */
export function addUsage(one: UsageTotals, other: UsageTotals): UsageTotals {
  return {
    requests: one.requests + other.requests,
    unknown: one.unknown + other.unknown,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    costMicros: one.costMicros + other.costMicros,
    unpriced: one.unpriced + other.unpriced,
  };
}

/** Tokens of every kind. */
export function tokensOf(usage: UsageTotals): number {
  return usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}
