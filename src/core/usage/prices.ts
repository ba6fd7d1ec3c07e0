import type { TokenCounts } from "./tokens.ts";

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Absent: as `input`. */
  readonly cacheRead?: number | undefined;
  /** Absent: as `input`. */
  readonly cacheWrite?: number | undefined;
  /** Of what stays for an hour; absent: as `cacheWrite`. */
  readonly cacheWriteLong?: number | undefined;
}

/** Prices by the beginning of a model's name, as a manifest gives them. */
export type PriceList = Readonly<Record<string, ModelPrice>>;

interface Band {
  /** Tokens of the prompt, those of the cache among them. */
  readonly above: number;
  /** null: nobody told us the price of a longer prompt. */
  readonly price: ModelPrice | null;
}

interface Listed {
  readonly models: readonly string[];
  readonly price: ModelPrice;
  readonly long?: Band;
}

const claude = (input: number, output: number, cacheRead = input / 10): ModelPrice => ({
  input,
  output,
  cacheRead,
  cacheWrite: input * 1.25,
  cacheWriteLong: input * 2,
});
const plain = (input: number, output: number, cacheRead: number): ModelPrice => ({ input, output, cacheRead });
const GPT_6: Band = { above: 272_000, price: null };

/**
 * Standard rates as their providers listed them in October 2026: platform.claude.com/docs/en/about-claude/pricing,
 * developers.openai.com/api/docs/pricing, ai.google.dev/gemini-api/docs/pricing. No discounts, batches or fast modes.
 */
const LISTED: readonly Listed[] = [
  { models: ["claude-fable-5-1", "claude-mythos-5-1"], price: claude(10, 50, 0.25) },
  { models: ["claude-fable-5", "claude-mythos-5"], price: claude(10, 50) },
  { models: ["claude-opus-5-5"], price: claude(4, 20, 0.2) },
  {
    models: ["claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5"],
    price: claude(5, 25),
  },
  { models: ["claude-opus-4-1", "claude-opus-4", "claude-opus-4-0"], price: claude(15, 75) },
  { models: ["claude-sonnet-5-5"], price: claude(2, 10, 0.1) },
  { models: ["claude-sonnet-5"], price: claude(2, 10) },
  { models: ["claude-sonnet-4-6", "claude-sonnet-4-5", "claude-sonnet-4", "claude-sonnet-4-0"], price: claude(3, 15) },
  { models: ["claude-haiku-5-5"], price: claude(0.1, 0.5), long: { above: 100_000, price: claude(0.5, 2.5) } },
  { models: ["claude-haiku-4-5"], price: claude(1, 5) },
  { models: ["claude-3-5-haiku"], price: claude(0.8, 4) },
  { models: ["gpt-6.1-sol"], price: plain(2, 10, 0.1), long: GPT_6 },
  { models: ["gpt-6-sol"], price: plain(2, 10, 0.2), long: GPT_6 },
  { models: ["gpt-6.1-terra"], price: plain(1, 5, 0.05), long: GPT_6 },
  { models: ["gpt-6-luna"], price: plain(0.1, 0.5, 0.01), long: GPT_6 },
  { models: ["gpt-5.2", "gpt-5.2-codex"], price: plain(1.75, 14, 0.175) },
  { models: ["gpt-5.1", "gpt-5.1-codex", "gpt-5", "gpt-5-codex"], price: plain(1.25, 10, 0.125) },
  { models: ["gpt-5-mini", "gpt-5.1-codex-mini"], price: plain(0.25, 2, 0.025) },
  { models: ["gpt-5-nano"], price: plain(0.05, 0.4, 0.005) },
  { models: ["gpt-4.1"], price: plain(2, 8, 0.5) },
  { models: ["gpt-4.1-mini"], price: plain(0.4, 1.6, 0.1) },
  { models: ["gpt-4o"], price: plain(2.5, 10, 1.25) },
  { models: ["gpt-4o-mini"], price: plain(0.15, 0.6, 0.075) },
  { models: ["gemini-2.5-pro"], price: plain(1.25, 10, 0.125), long: { above: 200_000, price: plain(2.5, 15, 0.25) } },
  { models: ["gemini-2.5-flash"], price: plain(0.3, 2.5, 0.03) },
  { models: ["gemini-2.5-flash-lite"], price: plain(0.1, 0.4, 0.01) },
];

/** What may follow the name of a listed model: its date. Another word could be another, dearer model. */
const DATED = /^(?:[-@](?:20\d{6}|20\d\d-\d\d-\d\d|latest)(?:-v\d+(?::\d+)?)?)?$/;

/**
 * What one answer cost, in millionths of a US dollar, rounded up; null: the price of its model is not known. The
 * manifest's `own` prices count by the longest beginning of the name, before ours.
 */
export function costOf(model: string | null, tokens: TokenCounts, own: PriceList = {}): number | null {
  if (model === null) return null;
  const prompt = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const price = ownPrice(model, own) ?? listedPrice(model, prompt);
  if (price === null) return null;
  const { cacheRead = price.input, cacheWrite = price.input, cacheWriteLong = cacheWrite } = price;
  const dollarsPerMillion =
    tokens.input * price.input +
    tokens.output * price.output +
    tokens.cacheRead * cacheRead +
    (tokens.cacheWrite - tokens.cacheWriteLong) * cacheWrite +
    tokens.cacheWriteLong * cacheWriteLong;
  // What floating point adds to a whole number is no millionth.
  return Math.ceil(Number(dollarsPerMillion.toFixed(6)));
}

function ownPrice(model: string, own: PriceList): ModelPrice | null {
  const [best] = Object.keys(own)
    .filter((prefix) => model.startsWith(prefix))
    .sort((a, b) => b.length - a.length);
  return best === undefined ? null : (own[best] ?? null);
}

function listedPrice(model: string, prompt: number): ModelPrice | null {
  // As clouds and routers name them: `anthropic/claude-...`, `us.anthropic.claude-...`, `models/gemini-...`.
  const name = model.replace(/^(?:[a-z-]+\/|(?:[a-z]{2,4}\.)?anthropic\.)/, "");
  const found = LISTED.find(({ models }) =>
    models.some((one) => name.startsWith(one) && DATED.test(name.slice(one.length))),
  );
  if (found === undefined) return null;
  return found.long !== undefined && prompt > found.long.above ? found.long.price : found.price;
}
