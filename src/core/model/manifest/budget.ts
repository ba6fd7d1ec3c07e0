import { z } from "zod";

const usd = z.number().positive().max(1_000_000);
const tokens = z.int().min(1).max(1_000_000_000_000);

const amount = {
  usd: usd.optional().describe("US dollars, by the prices that are known; answers without one count nothing."),
  tokens: tokens.optional().describe("Tokens of every kind: in, out, from and into the cache."),
};

function hasAmount({ usd: money, tokens: count }: { usd?: number | undefined; tokens?: number | undefined }): boolean {
  return money !== undefined || count !== undefined;
}

/** What the models of a bottle may cost. */
export const budget = z
  .strictObject({
    ...amount,
    perDay: z
      .strictObject(amount)
      .refine(hasAmount, { error: "usd or tokens must be given" })
      .optional()
      .describe("For all bottles of this definition together, each day of this machine's clock anew."),
    warnAt: z.number().gt(0).max(1).optional().describe("The share after which you are told once. Default: 0.8."),
    atLimit: z
      .enum(["ask", "stop"])
      .optional()
      .describe(
        "What happens when it is used up. `ask`: requests to models wait until you let it go on with as much again (`bottle allow`), or say no. `stop`: the bottle ends. Default: `ask`.",
      ),
  })
  .refine((value) => hasAmount(value) || value.perDay !== undefined, { error: "usd, tokens or perDay must be given" });

const price = z.number().min(0).max(100_000);

/** Prices of models that are not listed, or cost the operator something else. */
export const prices = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/, "the beginning of a model's name"),
  z
    .strictObject({
      input: price.describe("A million tokens of the prompt."),
      output: price.describe("A million tokens of the answer, thinking included."),
      cacheRead: price.optional().describe("A million tokens read from the cache. Default: as `input`."),
      cacheWrite: price.optional().describe("A million tokens written to the cache. Default: as `input`."),
      cacheWriteLong: price
        .optional()
        .describe("A million tokens written to the cache for an hour. Default: as `cacheWrite`."),
    })
    .describe("US dollars for a million tokens of models whose name begins so; of several, the longest counts."),
);
