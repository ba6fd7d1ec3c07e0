import type { ActivityFile, UsageTotals } from "../model/activity.ts";
import { type Check, isCount, mapOf, objectOf, oneOf, orNull } from "../plan/checks.ts";

const isTime: Check = (value) => typeof value === "string" && Number.isFinite(Date.parse(value));
const isWords: Check = (value) => typeof value === "string" && value.length <= LONGEST_WORDS;

/** Of what an agent says of itself. */
export const LONGEST_WORDS = 200;

const usage = objectOf({
  requests: isCount,
  unknown: isCount,
  inputTokens: isCount,
  outputTokens: isCount,
  cacheReadTokens: isCount,
  cacheWriteTokens: isCount,
  costMicros: isCount,
  unpriced: isCount,
});
const word = objectOf({
  state: oneOf("needs-you", "working", "idle", "done", "failed", "stopped", "unknown"),
  what: isWords,
  at: isTime,
});
const file = objectOf({
  schema: oneOf(1),
  at: isTime,
  openModelRequests: isCount,
  modelSince: orNull(isTime),
  hook: orNull(word),
  status: orNull(word),
  usage,
});

/** True for `activity.json` as this version writes it; its words are still those of an agent. */
export function isActivityFile(value: unknown): value is ActivityFile {
  return file(value);
}

/** What one day cost, and used. */
export interface DayUse {
  readonly costMicros: number;
  readonly tokens: number;
}

/** `usage.json` in a bottle's folder: what its models used, so that nobody has to read the whole audit log for it. */
export interface UsageFile {
  readonly schema: 1;
  /** Which definition made the bottle; "" for the built-in, empty one. */
  readonly definition: string;
  /** The bottle has ended, and all of its log is counted. */
  readonly final: boolean;
  readonly usage: UsageTotals;
  /** By local day, `YYYY-MM-DD`. */
  readonly days: Readonly<Record<string, DayUse>>;
  /** How often the operator let it go on: beyond its budget, and beyond that of a day. */
  readonly extended: { readonly bottle: number; readonly day: string; readonly dayTimes: number };
}

const usageFile = objectOf({
  schema: oneOf(1),
  definition: (value) => typeof value === "string",
  final: (value) => typeof value === "boolean",
  usage,
  days: mapOf(objectOf({ costMicros: isCount, tokens: isCount })),
  extended: objectOf({ bottle: isCount, day: (value) => typeof value === "string", dayTimes: isCount }),
});

/** True for `usage.json` as this version writes it. */
export function isUsageFile(value: unknown): value is UsageFile {
  return usageFile(value);
}

/** The local day of a moment, `YYYY-MM-DD`. */
export function localDay(time: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
