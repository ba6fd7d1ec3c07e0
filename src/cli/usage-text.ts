import type { UsageTotals } from "../core/model/activity.ts";
import type { UsageEvent } from "../core/model/audit.ts";

/** Money as it is shown, e.g. `$0.42`; of less than a cent two figures that count. */
function dollars(micros: number): string {
  const value = micros / 1_000_000;
  if (value === 0 || value >= 0.01) return `$${value.toFixed(2)}`;
  return `$${value.toFixed(Math.min(6, 1 - Math.floor(Math.log10(value))))}`;
}

/** A number of tokens in at most five characters, e.g. `48k`. */
export function tokenCount(count: number): string {
  const units = ["", "k", "M", "G", "T"];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit === 0 || value >= 99.5
    ? `${Math.round(value)}${units[unit]}`
    : `${Number(value.toFixed(1))}${units[unit]}`;
}

/** What a bottle cost, with `+` where that is not all of it; `-` where it asked no model. */
export function costText({ requests, costMicros, unknown, unpriced }: UsageTotals): string {
  if (requests === 0) return "-";
  if (unknown + unpriced >= requests && costMicros === 0) return "?";
  return `${dollars(costMicros)}${unknown + unpriced > 0 ? "+" : ""}`;
}

/** One answer of a model in words. */
export function usageText({ model, tokens, complete, costMicros = null }: UsageEvent): string {
  const name = model ?? "unknown model";
  if (tokens === null) return `${name}: the answer did not say what it used`;
  const cache = [
    tokens.cacheRead === 0 ? null : `${tokens.cacheRead} from the cache`,
    tokens.cacheWrite === 0 ? null : `${tokens.cacheWrite} into it`,
  ].filter((part) => part !== null);
  const parts = [
    `in ${tokens.input}`,
    `out ${tokens.output}`,
    ...cache,
    costMicros === null ? "no known price" : dollars(costMicros),
    ...(complete ? [] : ["cut off: it used more"]),
  ];
  return `${name}: ${parts.join(", ")}`;
}
