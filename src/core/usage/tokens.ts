/** What one answer of a model used, as its provider counted. */
export interface TokenCounts {
  /** Without those of the cache. */
  readonly input: number;
  /** With those of thinking. */
  readonly output: number;
  readonly cacheRead: number;
  /** Written to the cache, for however long. */
  readonly cacheWrite: number;
  /** Those of `cacheWrite` that stay for an hour. */
  readonly cacheWriteLong: number;
}

/** What an answer said of itself. */
export interface ModelUsage {
  /** As the provider names it; null: it did not say. */
  readonly model: string | null;
  /** null: it did not say, or not readably. */
  readonly tokens: TokenCounts | null;
  /** False: it used more than `tokens` says, since it was cut off. */
  readonly complete: boolean;
}

/** More than any answer can use: what says more is not believed. */
const MOST_TOKENS = 1_000_000_000;

/** True for a number of tokens that can be. */
export function isTokenCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS;
}

/** True for a name of a model as providers write them; it is shown and looked up, and nothing else. */
export function isModelName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/.test(value);
}
